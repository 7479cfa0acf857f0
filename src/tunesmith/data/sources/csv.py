"""Comma- or tab-separated files with a header line (RFC 4180); `.tsv` and `.tab` files are tab-separated."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tunesmith.data.sources import files
from tunesmith.errors import UserError

csv.field_size_limit(2**31 - 1)  # a long cell is unusual, but not an error


class Csv(files.Files):
    """Rows of CSV and TSV files, read line by line.

    Args:
        train: the training file; null only for evaluation.
        validation: null to hold out a tenth of the training rows.
        test: null for no test split.
    """

    def __init__(self, *, train: str | None, validation: str | None, test: str | None) -> None:
        super().__init__(train=train, validation=validation, test=test)

    def columns(self, file: Path) -> Sequence[str]:
        """Names in the header line."""
        return header(file)

    def records(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """The file's rows, each with the number of its last line."""
        return read(file)


def header(file: Path) -> list[str]:
    """Column names of a CSV or TSV file; none if it is empty."""
    return next(_cells(files.lines(file), file), [])


def read(file: Path | None, *, lines: Iterator[str] | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of a file, or of `lines`, as (line number, column -> cell).

    Raises:
        UserError: for a row with more or fewer cells than the header; names file and line.
    """
    assert file is not None or lines is not None
    reader = _cells(files.lines(file) if lines is None else lines, file)  # type: ignore[arg-type]
    names: list[str] = next(reader, [])
    for cells in reader:
        if not cells:  # a blank line
            continue
        if len(cells) != len(names):
            raise UserError(
                f"{file or 'standard input'}, line {reader.line_num}: {len(cells)} cells, but the header has {len(names)} "
                f"columns ({', '.join(names)}); quote cells that contain the separator or a line break"
            )
        yield reader.line_num, dict(zip(names, cells, strict=True))


def _cells(lines: Iterator[str], file: Path | None) -> Any:
    tabs = file is not None and file.suffix.lower() in {".tsv", ".tab"}
    return csv.reader(lines, delimiter="\t" if tabs else ",", strict=False)
