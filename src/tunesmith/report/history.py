"""The history of a run, its metrics.csv: what was logged at which optimizer step."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder
from tunesmith.storage.bounded_files import read_text

FILE = "metrics.csv"


@dataclass(frozen=True)
class Logged:
    """The values of one column.

    Attributes:
        steps: optimizer steps, increasing, (n,).
        values: as they were logged, (n,); NaN for a score that was not a number.
    """

    steps: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class History:
    """What a run has logged.

    Attributes:
        columns: by name, such as `train/loss`; none is empty.
        problem: why the file could not be read; empty if it was.
    """

    columns: dict[str, Logged] = field(default_factory=dict)
    problem: str = ""


def read(folder: Path, wanted: Sequence[str], *, completed: bool) -> History:
    """Some columns of a run's history.

    The file of a run that has not ended may lack the end of its last row, which is left out. Rows that a resumed run has
    logged again replace the earlier ones, and those of the abandoned steps after them are left out.

    Args:
        folder: of the run.
        wanted: names of columns; one that the file lacks is not in the result.
        completed: whether the run is; only then its files have digests, which are verified.
    """
    file = folder / FILE
    try:
        text = RunFolder(folder).read_text(FILE) if completed else read_text(file)
    except (FileNotFoundError, NotADirectoryError):
        return History(problem=f"{file} does not exist")
    except UserError as error:
        return History(problem=str(error))
    except OSError as error:
        return History(problem=f"{file} cannot be read: {error.strerror}")
    try:
        return History(_parsed(text, wanted))
    except (ValueError, OverflowError, csv.Error) as error:
        return History(problem=f"{file} is damaged: {error}")


def _parsed(text: str, wanted: Sequence[str]) -> dict[str, Logged]:
    *lines, _ = text.split("\n")  # what follows the last line end is the beginning of a row
    rows = list(csv.reader(lines))
    if not rows or "step" not in rows[0]:
        raise ValueError("it has no column named step")
    heading, *cells = rows
    if len(set(heading)) < len(heading):
        raise ValueError("two of its columns have the same name")
    if any(len(row) != len(heading) for row in cells):
        raise ValueError("its rows differ in length")
    columns = dict(zip(heading, zip(*cells, strict=True), strict=bool(cells)))
    steps = np.array([int(cell) for cell in columns.get("step", ())], dtype=np.int64)  # (rows,)
    found = {}
    for name in dict.fromkeys(wanted):
        logged = [row for row, cell in enumerate(columns.get(name, ())) if cell]
        if logged:
            values = np.array([float(columns[name][row]) for row in logged])
            kept = _not_repeated(steps, np.array(logged))
            found[name] = Logged(steps[logged][kept], values[kept])
    return found


def _not_repeated(steps: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of a column's rows no later row takes back: one of any column with an earlier step, or its own at that step."""
    kept: NDArray[np.bool_] = steps[rows] <= np.minimum.accumulate(steps[::-1])[::-1][rows]
    own = steps[rows]
    kept[:-1] &= own[:-1] < np.minimum.accumulate(own[::-1])[::-1][1:]
    return kept
