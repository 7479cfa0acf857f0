"""What a run recorded when it was started, compared with what is here now: a resumed run has to be the same one."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config
from tunesmith.data.encoding.label_names import order_of_version_0_1
from tunesmith.errors import UserError
from tunesmith.errors.messages import listed
from tunesmith.runs.plugin_files import plugins

REMEDY = "set name=... for a new run, or remove the folder"


class Recorded:
    """The data, code, tokenizer and labels of a run. What an earlier version did not record passes every check.

    Args:
        path: of the run, for messages.
        manifest: content of its manifest.json; empty before training has started.
    """

    def __init__(self, path: Path, manifest: Mapping[str, Any]) -> None:
        self.path, self._manifest = path, manifest

    def check_data(self, source: Any) -> None:
        """Check that the run's data files are those that it was trained on.

        Raises:
            UserError: if one of them has changed.
        """
        if changed := self.changed_data(source.fingerprint):
            raise UserError(
                f"{self.path} was trained on different data: {', '.join(changed)} has changed since; {REMEDY}"
            )

    def differing_splits(self, source: Any) -> list[str]:
        """Splits of a source, except training, whose content the run did not have."""
        before = self._fingerprints()
        return [
            split
            for split in source.splits
            if split != "train"
            and before
            and content_of(before.get(split, ""), split) != content_of(source.fingerprint(split), split)
        ]

    def changed_data(self, fingerprint: Callable[[str], str]) -> list[str]:
        """The splits whose data the run was not trained on, as `dataset.train`; none if it has not recorded its data.

        Args:
            fingerprint: identifies the present content of a split.
        """
        before = self._fingerprints()
        return [f"dataset.{split}" for split, content in before.items() if fingerprint(split) != content]

    @property
    def rows(self) -> dict[str, int]:
        """Examples of each split; empty where nothing is recorded."""
        found = self._manifest.get("data", {}).get("rows")
        rows = found if isinstance(found, dict) else {}
        return {split: count for split, count in rows.items() if isinstance(count, int)}

    def _fingerprints(self) -> dict[str, str]:
        """What identifies the content of each split that the run was trained with; empty if it has no manifest."""
        found: dict[str, str] = self._manifest.get("data", {}).get("fingerprints", {})
        return found

    def check_plugins(self, config: Config) -> None:
        """Check that the user's source files that a config depends on are as they were when the run was started.

        Raises:
            UserError: if one has changed.
        """
        before = self._plugins()
        changed = [name for name, content in plugins(config).items() if before and before.get(name) != content]
        if changed:
            raise UserError(
                f"{self.path} was started with other code: {' and '.join(changed)}, which its config depends on, has changed "
                f"since; {REMEDY}"
            )

    def changed_code(self, config: Config) -> list[str]:
        """Source files of the user's that a config depends on, and that the run had with other content."""
        before = self._plugins()
        return [name for name, content in plugins(config).items() if before.get(name, content) != content]

    def _plugins(self) -> dict[str, str]:
        """The digest of each source file of the user's that the run was started with."""
        found = self._manifest.get("plugins")
        files = found if isinstance(found, dict) else {}
        return {name: content for name, content in files.items() if name.endswith(".py")}

    def began_with_tokenizer(self, key: str) -> bool:
        """Whether the run was started before, with the tokenizer whose content `key` identifies."""
        return bool(self._manifest.get("model", {}).get("tokenizer") == key)

    def check_labels(self, names: Sequence[str], *, learnt: bool) -> None:
        """Check that a resumed run numbers its labels as it was started with.

        Args:
            names: the labels in the order of their ids.
            learnt: whether they are those of the training split, not of the config.

        Raises:
            UserError: if it numbers them otherwise, or may do so: version 0.1 did not record them.
        """
        before = self._manifest.get("data", {}).get("label_names")
        if before is None and learnt and self._manifest:
            before = order_of_version_0_1(names)
        elif before is None:
            return
        if before is None or list(before) != list(names):
            were = "in an order that differed between processes" if before is None else f"as {listed(before)}"
            raise UserError(
                f"{self.path} was started by a version that numbered its labels {were}, now they are {listed(names)}, so its "
                f"checkpoint does not match; {REMEDY}"
            )

    def check_tokenizer(self, key: str) -> None:
        """Check that a resumed run uses the tokenizer that it was started with.

        Args:
            key: identifies the tokenizer's content.

        Raises:
            UserError: if it uses a different one.
        """
        before = self._manifest.get("model", {}).get("tokenizer", key)
        if before != key:
            raise UserError(
                f"{self.path} was started with a different tokenizer, so its checkpoint does not match: the backbone's "
                f"files or the version of a package have changed since; {REMEDY}"
            )


def content_of(fingerprint: str, split: str) -> str:
    """A split's fingerprint without how its source holds out rows, which concerns training and validation only."""
    return fingerprint if split == "validation" else fingerprint.removesuffix("-all").removesuffix(f"-{split}")
