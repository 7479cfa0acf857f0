"""The results of runs as a pandas DataFrame: the table of results.csv, with numbers as numbers."""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunesmith.documents.document import Cell, Score, Table
from tunesmith.errors import UserError
from tunesmith.report.groups import grouped, ranked, shared_monitor
from tunesmith.report.records import find, named
from tunesmith.report.tables import every_number, ordered_scores, setting_names

if TYPE_CHECKING:
    import pandas

_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)  # 007 is a name, and so is 1_000
_NUMBER = re.compile(r"-?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_PROVENANCE = ("data ", "versions ")  # columns of digests and versions: 1234e567 and 2.10 are no numbers there


def data_frame(places: Sequence[str | Path]) -> "pandas.DataFrame":
    """A row for each configuration, from the best mean of the monitored score to the worst.

    Columns: the settings that distinguish the configurations; `seeds`, the number of completed runs; `states`; each score's
    mean over the seeds and, as `<score> std`, its sample standard deviation (n - 1), NaN for fewer than two seeds;
    `seconds`, the mean run time; `runs`, the folders. A warning names the runs whose config cannot be read: they are in
    no row.

    Args:
        places: folders of runs or sweeps, or with runs at any depth below them.

    Raises:
        UserError: if there is none, or one of them is not a folder or contains no runs.
    """
    if not places:
        raise UserError("report needs at least one folder: runs/sweeps/ID, or runs/")
    if wrong := [place for place in places if not isinstance(place, str | Path)]:
        raise UserError(f"report received {wrong[0]!r:.80}; expected folders, as texts or paths")
    records = find(places)
    groups = grouped(records)
    groups = ranked(groups, shared_monitor(groups))
    for record in records:
        if not record.config:
            warnings.warn(f"{record.state}: {named(record)}: {record.error}; it is in no row", stacklevel=3)
    return _as_frame(every_number(groups, ordered_scores(groups)), settings=len(setting_names(groups)))


def _as_frame(table: Table, *, settings: int) -> "pandas.DataFrame":
    """The table; its first columns are settings, and a column of scores becomes two."""
    import pandas

    columns: list[pandas.Series[Any]] = []
    for position, heading in enumerate(table.headings):
        cells = [row[position] for row in table.rows]
        if any(isinstance(cell, Score) for cell in cells):
            scores = [cell if isinstance(cell, Score) else None for cell in cells]
            means, deviations = [[getattr(score, name, None) for score in scores] for name in ("mean", "deviation")]
            columns.append(pandas.Series(means, name=heading, dtype="float64"))
            columns.append(pandas.Series(deviations, name=f"{heading} std", dtype="float64"))
        elif position < settings and not heading.startswith(_PROVENANCE):
            columns.append(pandas.Series(_numbers(cells), name=heading))
        else:
            columns.append(pandas.Series(cells, name=heading, dtype="float64" if heading == "seconds" else None))
    return pandas.concat(columns, axis=1)


def _numbers(cells: Sequence[Cell]) -> Sequence[Cell]:
    """The values of a setting as numbers, if all of them are."""
    texts = [str(cell) for cell in cells]
    if all(map(_INTEGER.fullmatch, texts)):
        return [int(text) for text in texts]
    return [float(text) for text in texts] if all(map(_NUMBER.fullmatch, texts)) else cells
