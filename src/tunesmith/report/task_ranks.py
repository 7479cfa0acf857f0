"""Methods by their average ranks over several tasks, and which of them the ranks tell apart (Demšar, 2006)."""

from collections.abc import Iterator

import numpy as np

from tunesmith.documents.document import Cell, Part, Picture, Section, Table
from tunesmith.figures.critical_difference import critical_difference
from tunesmith.report.pivot import Pivot
from tunesmith.statistics import ranks


def sections(found: Pivot) -> Iterator[Section]:
    """A section with the table and the diagram; none for a single task.

    Args:
        found: the methods and tasks.
    """
    if len(found.columns) < 2:
        return
    methods, scores = found.matrix()
    left_out = [row for row in found.rows if row not in methods]
    parts: list[Part] = [f"Without a score on every task, and not ranked: {', '.join(left_out)}."] if left_out else []
    if len(methods) < 2 or not np.isfinite(scores).all():
        yield Section("Ranks", [*parts, "Fewer than two methods have scores on every task, so they are not ranked."])
        return
    average = ranks.average_ranks(scores, larger_is_better=True)
    difference = ranks.critical_difference(len(methods), len(found.columns))
    test = ranks.friedman(scores)
    order = np.argsort(average, kind="stable")
    rows: list[list[Cell]] = [[methods[place], float(average[place])] for place in order]
    note = (
        f"Average rank over {len(found.columns)} tasks, 1 is best. Friedman's test that all are equal: p = {test.p:.3f}. Methods whose ranks "
        f"differ by less than {difference:.2f} are not told apart (Nemenyi, 5 %). With few tasks nearly nothing is."
    )
    figure = critical_difference(
        methods, average, ranks.cliques(average, difference), difference, datasets=len(found.columns)
    )
    picture = Picture(
        "ranks", "Average ranks", figure, "Critical-difference diagram: a bar joins methods that are not told apart."
    )
    yield Section(
        "Ranks", [*parts, Table("ranks", "Average ranks", ["method", "average rank"], rows, note, decimals=2), picture]
    )
