"""The usual table of a paper: methods in the rows, tasks in the columns, mean and deviation over the seeds in the cells."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tunesmith.configuration.monitor import COSTS, larger_is_better, monitored
from tunesmith.documents.document import Cell, Section, Table
from tunesmith.errors import UserError
from tunesmith.errors.messages import listed
from tunesmith.report.axis import labels
from tunesmith.report.comparison import indistinguishable
from tunesmith.report.groups import Group, ranked
from tunesmith.report.tables import cell

_RATES = {
    *("accuracy", "balanced_accuracy", "precision", "recall", "f1", "exact_match", "matthews", "pearson", "spearman"),
    *("roc_auc", "average_precision"),
}


@dataclass(frozen=True)
class Pivot:
    """The groups by method and task.

    Attributes:
        rows: names of the methods.
        columns: names of the tasks.
        cells: the group of a method and a task; missing if there is none with the score.
        scores: the score of each task.
        notes: what was left out.
    """

    rows: list[str]
    columns: list[str]
    cells: dict[tuple[str, str], Group]
    scores: dict[str, str]
    notes: list[str]

    def matrix(self) -> tuple[list[str], np.ndarray]:
        """The methods with a mean for every task, and the means, (tasks, methods), larger is better."""
        means = {
            row: [self.cells[row, column].mean(self.scores[column]) for column in self.columns]
            for row in self.rows
            if all((row, column) in self.cells for column in self.columns)
        }
        signs = [1 if larger_is_better(self.scores[column]) else -1 for column in self.columns]
        return list(means), np.array([*means.values()], dtype=float).reshape(-1, len(self.columns)).T * np.array(signs)[
            :, None
        ]


def pivot(groups: Sequence[Group], *, rows: str, columns: str, score: str | None) -> Pivot:
    """The groups by two settings.

    Where several configurations fall into a cell, the one with the best mean monitored score, which is a validation score, is
    taken, and the notes say so.

    Args:
        groups: of all methods and tasks.
        rows: key of a setting, such as `regularization`.
        columns: key of another, such as `dataset`.
        score: in the cells; None for each task's monitored score, on the test split where it has one.

    Raises:
        UserError: for a key that the runs do not have or whose value does not vary, or a score that no run has.
    """
    if rows == columns:
        raise UserError(
            f"rows and columns are both {rows}; expected two settings, such as rows=regularization columns=dataset"
        )
    if "seed" in (rows, columns):
        raise UserError("rows and columns cannot be seed: each cell is a mean over the seeds; expected another setting")
    completed = [group for group in groups if group.completed]
    found: dict[tuple[str, str], list[Group]] = {}
    records = [group.records[0] for group in completed]
    for row, column, group in zip(labels(records, rows), labels(records, columns), completed, strict=True):
        found.setdefault((row, column), []).append(group)
    names = [list(dict.fromkeys(cell[axis] for cell in found)) for axis in (0, 1)]
    if len(names[0]) < 2:
        raise UserError(
            f"rows={rows} has the value {names[0][0] if names[0] else '-'} in every run; expected a setting that varies"
        )
    scores = {
        column: _score([group for cell, inside in found.items() if cell[1] == column for group in inside], score)
        for column in names[1]
    }
    cells, crowded = {}, 0
    for place, inside in found.items():
        having = [group for group in inside if group.mean(scores[place[1]]) is not None]
        crowded = max(crowded, len(having))
        _check_one_dataset(having, *place)
        if having:
            cells[place] = ranked(having, monitored(having[0].records[0].config))[0]
    if not cells:
        raise UserError(
            f"no completed run has {listed(dict.fromkeys(scores.values()))}; expected score= and a score that runs have"
        )
    notes = []
    if crowded > 1:
        notes.append(
            f"Up to {crowded} configurations share a cell; each cell has the one with the best mean of the monitored validation score."
        )
    return Pivot(names[0], names[1], cells, scores, notes)


def section(found: Pivot) -> Section:
    """The table; the best of each column is bold, and what no test tells from it."""
    equals = {id(group) for column in found.columns for group in _equals(found, column)}
    rates = all(score.rpartition("/")[2] in _RATES for score in found.scores.values())
    rows: list[list[Cell]] = []
    for row in found.rows:
        groups = [found.cells.get((row, column)) for column in found.columns]
        rows.append(
            [
                row,
                *(
                    _cell(group, found.scores[column], equals, 100 if rates else 1)
                    for group, column in zip(groups, found.columns, strict=True)
                ),
            ]
        )
    seeds = sorted({len(group.seeds) for group in found.cells.values()})
    same = len(set(found.scores.values())) == 1
    headings = ["", *(column if same else f"{column} {found.scores[column]}" for column in found.columns)]
    title = f"{next(iter(found.scores.values()))} by method and task" if same else "Scores by method and task"
    many = str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    note = (
        f"Mean and standard deviation over {many} seed{'s' * (seeds != [1])}{', in percent' if rates else ''}. Bold: the best of a "
        "column, and what a test at 5 % cannot tell from it."
    )
    return Section(
        "Methods and tasks", [Table("methods", title, headings, rows, note, decimals=1 if rates else 4), *found.notes]
    )


def _cell(group: Group | None, score: str, equals: set[int], factor: int) -> Cell:
    found = None if group is None else cell(group, score, best=id(group) in equals)
    if found is None:
        return None
    deviation = None if found.deviation is None else found.deviation * factor
    return replace(found, mean=found.mean * factor, deviation=deviation)


def _equals(found: Pivot, column: str) -> list[Group]:
    groups = [found.cells[row, column] for row in found.rows if (row, column) in found.cells]
    return indistinguishable(groups, found.scores[column]) if groups else []


def _check_one_dataset(groups: Sequence[Group], row: str, column: str) -> None:
    """The best of several datasets would be the easiest one."""
    datasets = list(dict.fromkeys(labels([group.records[0] for group in groups], "dataset")))
    if len(datasets) > 1:
        raise UserError(
            f"the runs of {row} and {column} are of {len(datasets)} datasets ({listed(datasets)}), whose scores do not compare; "
            "expected columns=dataset, or runs of one dataset"
        )


def _score(groups: Sequence[Group], wanted: str | None) -> str:
    if wanted is not None:
        return wanted
    (first, *_) = [monitored(group.records[0].config) for group in groups]
    test = f"test/{first.partition('/')[2]}"
    return test if any(group.values(test) for group in groups) and first not in COSTS else first
