"""Datasets of the Hugging Face Hub, or a folder in the Hub's layout (parquet, JSON lines or CSV with a README)."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from tunesmith.data.sources import files
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean, first_line


class Hub:
    """Splits that `datasets.load_dataset` loads; loading scripts are never run.

    Args:
        path: Hub id or folder.
        config: name of one of the dataset's configurations; null for its only one.
        revision: branch, tag or commit; null for the latest.
        train: the Hub's name of the training split; null only for evaluation.
        validation: likewise; null to hold out a tenth of the training rows.
        test: likewise; null for no test split.
    """

    def __init__(
        self,
        *,
        path: str,
        config: str | None,
        revision: str | None,
        train: str | None,
        validation: str | None,
        test: str | None,
    ) -> None:
        self.path, self.config, self.revision = path, config, revision
        given = {"train": train, "validation": validation, "test": test}
        self.names = {split: name for split, name in given.items() if name is not None}
        self.holds_out = validation is None and train is not None
        self.splits = tuple(
            split for split in given if split in self.names or (split == "validation" and self.holds_out)
        )
        self._loaded: dict[str, Any] = {}

    def mistakes(self, columns: Sequence[str]) -> list[str]:
        """Columns missing from the first split; one sentence each."""
        available = self._dataset(self.splits[0]).column_names
        return [
            f"{self.path} has no column {column}; its columns are {', '.join(available)}{did_you_mean(column, available)}"
            for column in columns
            if column not in available
        ]

    def fingerprint(self, split: str) -> str:
        """Identifies the split's content: the fingerprint that `datasets` computes."""
        return f"{self._dataset(split)._fingerprint}-{split if self.holds_out else 'all'}"

    def rows(self, split: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Rows of a split as (row number from 1, column -> value)."""
        numbered = enumerate(self._dataset(split), start=1)
        return files.hold_out(numbered, split) if self.holds_out else iter(numbered)

    def where(self, split: str, row: int) -> str:
        """The location of a row, for messages."""
        return f"{self.path} {self._name(split)}, row {row}"

    def _name(self, split: str) -> str:
        return self.names[split if split in self.names else "train"]

    def _check_path(self, readers: Collection[str]) -> None:
        """A path is a dataset of the hub or a folder: neither a program nor a reader, which would read the working folder."""
        if self.path in readers or self.path.endswith(".py") or "::" in self.path or "://" in self.path:
            raise UserError(
                f"dataset.path is {self.path}; expected a dataset of the hub, such as stanfordnlp/sst2, or a folder with "
                "parquet, JSON lines or CSV files"
            )

    def _dataset(self, split: str) -> Any:
        name = self._name(split)
        if name not in self._loaded:
            import datasets
            from datasets import packaged_modules

            datasets.disable_progress_bars()
            self._check_path(packaged_modules._PACKAGED_DATASETS_MODULES)
            try:
                self._loaded[name] = datasets.load_dataset(self.path, self.config, split=name, revision=self.revision)
            except Exception as error:  # the loader raises errors of many libraries
                folder = " (the folder was found)" if Path(self.path).is_dir() else ""
                raise UserError(
                    f"The dataset {self.path}{folder}, split {name}, cannot be loaded: {first_line(error)}; "
                    "check dataset.path, dataset.config and the network, or download it once while online"
                ) from error
        return self._loaded[name]
