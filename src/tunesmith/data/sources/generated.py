"""Base of the sources that generate their rows: split sizes, seeds and messages."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from tunesmith.errors.messages import did_you_mean

VERSION = 4


class Generated:
    """A subclass defines `name` and `columns` and generates one row at a time."""

    name: str
    columns: tuple[str, ...]
    splits = ("train", "validation", "test")

    def __init__(self, size: int, **settings: Any) -> None:
        self.size, self._settings = size, settings

    def row(self, generator: random.Random, *, split: str) -> dict[str, Any]:
        """One example."""
        raise NotImplementedError

    def mistakes(self, columns: Sequence[str]) -> list[str]:
        """Columns that do not exist; one sentence each."""
        return [
            f"{self.name} has no column {column}; its columns are {', '.join(self.columns)}{did_you_mean(column, self.columns)}"
            for column in columns
            if column not in self.columns
        ]

    def fingerprint(self, split: str) -> str:
        """Identifies the split's content."""
        return f"{self.name}-{VERSION}-{self.size}-{sorted(self._settings.items())}-{split}"

    def rows(self, split: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The split's rows, the same in every process; validation and test have a quarter of the training size."""
        # A string seeds by its digest, not by its per-process hash.
        generator = random.Random(f"{self.name} {split}")  # noqa: S311  because it generates data, not keys
        for number in range(1, (self.size if split == "train" else max(self.size // 4, 2)) + 1):
            yield number, {"id": f"{split}-{number}"} | self.row(generator, split=split)

    def where(self, split: str, row: int) -> str:
        """The location of a row, for messages."""
        return f"{self.name} {split}, row {row}"
