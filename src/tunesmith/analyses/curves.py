"""Precision-recall curves of labels against the rest, averaged over seeds at fixed levels of recall."""

from collections.abc import Callable, Sequence

import numpy as np

from tunesmith.analyses.rows import averaging, over_seeds, shown
from tunesmith.documents.document import Part, Picture
from tunesmith.errors.messages import shortened
from tunesmith.figures.drawn_names import key
from tunesmith.figures.precision_recall import Curve, precision_recall
from tunesmith.metrics import ranking

SHOWN = 8  # curves of a figure
KEPT = 20  # labels whose probabilities are kept in memory
LEVELS = np.linspace(0, 1, 201)  # of recall

Ranked = Callable[[int], tuple[np.ndarray, np.ndarray]]  # label -> whether each example has it, and its probability


def precision_at(recalled: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """(levels,) the precision at the first threshold that reaches each level of recall.

    Args:
        recalled: (thresholds,) recall, ascending, up to 1.
        precision: (thresholds,).
    """
    return precision[np.searchsorted(recalled, LEVELS - 1e-12)]


def curve_parts(
    seeds: Sequence[Ranked], names: Sequence[str], labels: Sequence[int], *, name: str, split: str
) -> list[Part]:
    """A figure of at most eight labels, the most frequent ones.

    Args:
        seeds: the examples of each.
        names: of all labels.
        labels: those to draw.
        name: of the figure's file.
        split: of the data.
    """
    support = {label: int(seeds[0](label)[0].sum()) for label in labels}
    occur = sorted((label for label in labels if support[label]), key=lambda label: -support[label])[:SHOWN]
    if any(np.isnan(seed(label)[1]).any() for seed in seeds for label in occur):
        return ["Precision-recall curves are not drawn: some probabilities are not numbers."]
    if not occur:
        return ["Precision-recall curves are not drawn: no example has one of the labels."]
    curves = []
    for label in sorted(occur):
        found = [ranking.precision_recall(*seed(label)) for seed in seeds]
        each = np.stack([precision_at(recalled, precision) for precision, recalled in found])
        area = over_seeds([ranking.average_precision(*seed(label)) for seed in seeds])
        deviation = each.std(0, ddof=1) if len(seeds) > 1 else None
        curves.append(Curve(names[label], each.mean(0), deviation, f"AP {shown(area)}"))
    left = sum(map(bool, support.values())) - len(occur)
    more = f" The {left} less frequent labels are left out." if left else ""
    against = f"Of the label {shortened(names[occur[0]])}." if len(labels) == 1 else "Each label against the rest."
    title = f"Precision and recall on {split}"
    caption = (
        f"{against} Precision at the first threshold that reaches each of {len(LEVELS)} levels of recall; AP is the average "
        f"precision.{more}{averaging(len(seeds))} {key([curve.name for curve in curves])}"
    )
    return [Picture(name, title, precision_recall(curves, LEVELS, title=title), caption.rstrip())]
