"""JSON lines: one JSON object per line."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tunesmith.data.sources import files
from tunesmith.errors import UserError


class Jsonl(files.Files):
    """Objects of JSON-lines files, read line by line.

    Args:
        train: the training file; null only for evaluation.
        validation: null to hold out a tenth of the training rows.
        test: null for no test split.
    """

    def __init__(self, *, train: str | None, validation: str | None, test: str | None) -> None:
        super().__init__(train=train, validation=validation, test=test)

    def columns(self, file: Path) -> Sequence[str]:
        """Fields of the first object."""
        return list(next((record for _, record in read(file)), {}))

    def records(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """The file's objects, each with its line number."""
        return read(file)


def read(file: Path | None, *, lines: Iterator[str] | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Objects of a file, or of `lines`, as (line number, object).

    Raises:
        UserError: for a line that is not a JSON object; names file and line.
    """
    assert file is not None or lines is not None
    for number, line in enumerate(files.lines(file) if lines is None else lines, start=1):  # type: ignore[arg-type]
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(
                f"{file or 'standard input'}, line {number}: not JSON ({error}); expected one object per line"
            ) from error
        if not isinstance(record, dict):
            raise UserError(
                f"{file or 'standard input'}, line {number}: expected a JSON object, received {type(record).__name__}"
            )
        yield number, record
