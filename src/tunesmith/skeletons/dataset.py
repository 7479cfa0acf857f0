"""fastText's format: one example a line, its label in front of the text: `__label__positive a gripping story`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tunesmith.data.sources.files import Files
from tunesmith.errors import UserError

_PREFIX = "__label__"


class Skeleton(Files):
    """Rows of files in fastText's format, with one label each; empty lines are left out.

    Args:
        train: the training file; null only for evaluation.
        validation: null to hold out a tenth of the training rows.
        test: null for no test split.
    """

    def __init__(self, *, train: str | None, validation: str | None, test: str | None) -> None:
        super().__init__(train=train, validation=validation, test=test, encoding=None)

    def columns(self, file: Path) -> Sequence[str]:
        """`text` and `label`; none if the file is empty."""
        return ("text", "label") if file.stat().st_size else ()

    def records(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """Rows of a file, each with its line number."""
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                label, _, text = line.strip().partition(" ")
                if not label.startswith(_PREFIX) or not text.strip():
                    raise UserError(
                        f"{file}, line {number}: expected {_PREFIX}NAME and a text, received {line.strip()!r:.60}"
                    )
                yield number, {"text": text.strip(), "label": label.removeprefix(_PREFIX)}
