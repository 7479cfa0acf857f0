"""Tables as CSV, with every number in full precision."""

import csv
import io
from collections.abc import Sequence

from tunesmith.documents.document import Cell, Score, Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def text_cell(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula: with an apostrophe before what could begin one.

    Predictions are written without it, for they are data that has to be read back the same.
    """
    try:
        float(text)
    except ValueError:
        return f"'{text}" if text[:1] in _FORMULA else text
    return text


def as_csv(table: Table) -> str:
    """The table; a column of scores becomes two, with the mean and with the standard deviation."""
    with_scores = [any(isinstance(row[column], Score) for row in table.rows) for column in range(len(table.headings))]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    headings = [
        part
        for heading, pair in zip(table.headings, with_scores, strict=True)
        for part in ([heading, f"{heading} std"] if pair else [heading])
    ]
    writer.writerow(map(text_cell, headings))
    for row in table.rows:
        writer.writerow(
            part
            for cell, pair in zip(row, with_scores, strict=True)
            for part in (_pair(cell) if pair else [_one(cell)])
        )
    return text.getvalue()


def _pair(cell: Cell) -> Sequence[str]:
    if isinstance(cell, Score):
        return [_one(cell.mean), _one(cell.deviation)]
    return [_one(cell), ""]


def _one(cell: Cell) -> str:
    if cell is None:
        return ""
    return text_cell(cell) if isinstance(cell, str) else repr(cell)
