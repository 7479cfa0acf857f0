"""Comma- or tab-separated files with a header line."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from tunesmith.data.sources import delimited, files


class Csv(files.Files):
    """Rows of CSV and TSV files, read line by line.

    Args:
        train: the training file; null only for evaluation.
        validation: null to hold out a tenth of the training rows.
        test: null for no test split.
        encoding: of files without a byte-order mark; null for UTF-8.
        delimiter: a character; null for a comma, in `.tsv` and `.tab` files a tab.
        quoting: minimal, if cells may be in double quotes; backslash, if also a backslash is before a quote in a cell; none,
            if quotes are text; null for minimal, and in tab-separated files for what the whole file shows.
    """

    def __init__(
        self,
        *,
        train: str | None,
        validation: str | None,
        test: str | None,
        encoding: str | None,
        delimiter: str | None,
        quoting: Literal["minimal", "backslash", "none"] | None,
    ) -> None:
        super().__init__(train=train, validation=validation, test=test, encoding=encoding)
        self._tables = delimited.Tables(encoding=encoding, delimiter=delimiter, quoting=quoting)

    def columns(self, file: Path) -> Sequence[str]:
        """Names in the header line."""
        return self._tables.columns(file)

    def records(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """The file's rows, each with the number of its first line."""
        return self._tables.rows(file)

    def suggestion(self, columns: Sequence[str]) -> str:
        """A likely delimiter."""
        return self._tables.suggestion(columns)

    def reading(self, file: Path) -> str:
        """How a file is read, for the fingerprint."""
        return super().reading(file) + self._tables.reading(file)

    def notes(self) -> dict[str, dict[str, int]]:
        """The number of cells with a line break in each split's file, once it has been read."""
        return self._tables.notes(self.files)

    def warnings(self) -> list[str]:
        """Files in which quotes count as text although one could be meant otherwise."""
        return self._tables.warnings(self.files.values())
