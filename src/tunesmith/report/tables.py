"""Groups of runs as tables: one row for each configuration, the best first."""

import math
from collections.abc import Collection, Sequence

import numpy as np

from tunesmith.configuration.monitor import larger_is_better, monitored
from tunesmith.documents.document import Cell, Score, Table
from tunesmith.report.groups import Group
from tunesmith.statistics.intervals import bootstrap_interval, t_interval

SHOWN = 6  # scores in the table of a page; a CSV file has all
_DETAILS = ("t interval", "bootstrap interval", "median", "best seed")


def ordered_scores(groups: Sequence[Group]) -> list[str]:
    """Names of all scores: the monitored one, the same on the test split, then the others."""
    names = dict.fromkeys(name for group in groups for record in group.completed for name in record.scores)
    first = [monitored(record.config) for group in groups for record in group.records]
    first += [f"test/{name.partition('/')[2]}" for name in first]
    return [name for name in dict.fromkeys(first) if name in names] + [name for name in names if name not in first]


def setting_names(groups: Sequence[Group]) -> list[str]:
    """The settings that distinguish the groups."""
    return list(dict.fromkeys(key for group in groups for key in group.varied))


def states(group: Group) -> str:
    """Such as `3 done` or `2 done, 1 failed`."""
    return ", ".join(f"{count} {state}" for state, count in group.states.items())


def every_number(groups: Sequence[Group], scores: Sequence[str]) -> Table:
    """All scores, times and folders, for a CSV file."""
    keys = setting_names(groups)
    rows: list[list[Cell]] = [
        [
            *group.settings(keys),
            len(group.seeds),
            states(group),
            *(cell(group, score) for score in scores),
            group.seconds,
            " ".join(str(record.path) for record in group.records),
        ]
        for group in groups
    ]
    return Table("results", "Results", [*keys, "seeds", "states", *scores, "seconds", "runs"], rows)


def overview(groups: Sequence[Group], scores: Sequence[str], *, equals: Collection[int]) -> Table:
    """The first scores of every configuration, with the interval, the median and the best seed of the first score.

    Args:
        groups: in the order of the rows.
        scores: names, the one that ranks first.
        equals: `id` of the groups that no test tells from the best, which are set in bold, the best included.
    """
    keys = setting_names(groups)
    first = scores[0] if scores else None
    rows = []
    for group in groups:
        row: list[Cell] = [*group.settings(keys)]
        row += [len(group.seeds)]
        for number, score in enumerate(scores[:SHOWN]):
            row.append(cell(group, score, best=number == 0 and id(group) in equals))
        row += _details(group, first) if first else []
        rows.append([*row, group.seconds, states(group)])
    details = [f"{first} {what}" for what in _DETAILS] if first else []
    note = (
        "Mean ± sample standard deviation over the seeds; intervals of the mean of 95 %, by Student's t, and by the studentised "
        "bootstrap from eight seeds on. In bold: the best, and what a test cannot tell from it."
    )
    return Table(
        "table", "Configurations", [*keys, "seeds", *scores[:SHOWN], *details, "mean time in s", "state"], rows, note
    )


def compact(groups: Sequence[Group], scores: Sequence[str], *, equals: Collection[int]) -> Table:
    """What fits the width of a page: settings, seeds, and two scores."""
    keys = setting_names(groups)
    rows: list[list[Cell]] = [
        [
            *group.settings(keys),
            len(group.seeds),
            *(cell(group, score, best=number == 0 and id(group) in equals) for number, score in enumerate(scores[:2])),
        ]
        for group in groups
        if group.completed
    ]
    note = "Mean and sample standard deviation over the seeds. In bold: the best, and what a test cannot tell from it."
    return Table("table", "Results", [*keys, "seeds", *scores[:2]], rows, note)


def cell(group: Group, score: str, *, best: bool = False) -> Score | None:
    """Mean and deviation of a score; None without a completed run that has it."""
    mean, deviation = group.mean(score), group.deviation(score)
    if mean is None:
        return None
    return Score(mean, None if deviation is None or math.isnan(deviation) else deviation, best)


def _details(group: Group, score: str) -> list[Cell]:
    values = np.array(group.values(score))
    if not values.size or np.isnan(values).any():
        return [None] * len(_DETAILS)
    best = values.max() if larger_is_better(score) else values.min()
    return [_range(t_interval(values)), _range(bootstrap_interval(values)), float(np.median(values)), float(best)]


def _range(interval: tuple[float, float] | None) -> str | None:
    return interval and f"{interval[0]:.4f} to {interval[1]:.4f}"
