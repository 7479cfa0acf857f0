"""Base of the sources that read a user's own files: the file of each split, its rows and its fingerprint."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tunesmith.data.sources import decoding
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean, full_name

HELD_OUT = 10  # without a validation file, every tenth training row is held out for validation
Row = TypeVar("Row")


class Files:
    """One file per split. A subclass defines how to read one: `columns(file)` and `records(file)`.

    Args:
        train: the training file; None only for evaluation.
        validation: None to hold out a tenth of the training rows.
        test: None for no test split.
        encoding: of files without a byte-order mark; None for UTF-8.
    """

    def __init__(self, *, train: str | None, validation: str | None, test: str | None, encoding: str | None) -> None:
        self.encoding = encoding
        given = {"train": train, "validation": validation, "test": test}
        self.files = {split: Path(name).expanduser() for split, name in given.items() if name is not None}
        self.holds_out = validation is None and train is not None
        self.splits = tuple(
            split for split in given if split in self.files or (split == "validation" and self.holds_out)
        )

    def columns(self, file: Path) -> Sequence[str]:
        """Names of the columns of a file."""
        raise self._lacks("columns(self, file), which gives the names of the columns of a file")

    def records(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """Rows of a file, each with its line number."""
        raise self._lacks("records(self, file), which gives (line number, {column: value}) of each row of a file")

    def mistakes(self, columns: Sequence[str]) -> list[str]:
        """Missing or empty files and missing columns; one sentence each."""
        return [mistake for split, file in self.files.items() for mistake in self.file_mistakes(split, file, columns)]

    def file_mistakes(self, setting: str, file: Path, columns: Sequence[str]) -> list[str]:
        """Likewise for one file, the value of `dataset.<setting>`."""
        if not file.is_file():
            return [missing_file(f"dataset.{setting}", file)]
        available = self.columns(file)
        if not available:
            return [f"{file} is empty; expected {', '.join(columns)} and at least one row"]
        return [
            f"{file} has no column {column}; its columns are {', '.join(available)}"
            + (self.suggestion(available) or did_you_mean(column, available))
            for column in columns
            if column not in available
        ]

    def suggestion(self, columns: Sequence[str]) -> str:
        """What else may be wrong, if a column is missing: the end of a message, or nothing."""
        return ""

    def fingerprint(self, split: str) -> str:
        """Identifies the split's content: the digest of its file, how rows are held out and how the file is read."""
        file = self._file(split)
        return f"{digest(file)}-{split if self.holds_out else 'all'}{self.reading(file)}"

    def reading(self, file: Path) -> str:
        """How a file is read, for the fingerprint; nothing for a file that is read by default."""
        return reading(file, encoding=self.encoding)

    def rows(self, split: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Rows of a split as (line number, column -> value); every tenth is held out if there is no validation file."""
        records = self.records(self._file(split))
        return hold_out(records, split) if self.holds_out else records

    def where(self, split: str, row: int) -> str:
        """The location of a row, for messages: `reviews.csv, line 17`."""
        return f"{self._file(split)}, line {row}"

    def _lacks(self, method: str) -> UserError:
        return UserError(f"{full_name(type(self))} has no method {method}")

    def _file(self, split: str) -> Path:
        return self.files[split if split in self.files else "train"]


def hold_out(rows: Iterator[Row], split: str) -> Iterator[Row]:
    """Rows of a split if every tenth training row is held out for validation; other splits keep all rows."""
    for count, row in enumerate(rows):
        if split not in ("train", "validation") or (count % HELD_OUT == HELD_OUT - 1) == (split == "validation"):
            yield row


def missing_file(setting: str, file: Path) -> str:
    """The message for a missing file, with the most similar name in its folder."""
    if file.exists():
        return f"{setting}={file} is a folder, a pipe or a device; expected a file"
    near = [path.name for path in file.parent.iterdir()] if file.parent.is_dir() else []
    return f"{setting}={file} is not a file{did_you_mean(file.name, near)}"


def reading(file: Path, *, encoding: str | None) -> str:
    """How a file is read, for a fingerprint: its encoding if one is given, and its line ends if they are unusual."""
    named = "" if encoding is None else f"-encoding={encoding}"
    return named + ("-macintosh" if decoding.is_macintosh(file, encoding=encoding) else "")


def digest(file: Path) -> str:
    """The BLAKE2 digest of a file's bytes, 32 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
