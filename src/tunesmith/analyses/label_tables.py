"""Scores by label and confusions between labels, which several tasks share."""

from collections.abc import Sequence

import numpy as np

from tunesmith.analyses.rows import averaging, over_seeds, summing
from tunesmith.documents.document import Cell, Part, Picture, Table
from tunesmith.errors.messages import shortened
from tunesmith.figures.confusion import confusion
from tunesmith.figures.drawn_names import key
from tunesmith.metrics.confusion import LabelScores

MATRIX = 20  # labels that a confusion matrix can show
PAIRS = 20  # confusions that are listed
LABELS = 100  # rows of a table of labels


def by_label_table(seeds: Sequence[LabelScores], *, name: str, title: str, unit: str, note: str = "") -> Table:
    """Precision, recall, F1 and support of each label, averaged over seeds; the largest 100 by support.

    Args:
        seeds: of each, with the same labels.
        name: of the table's file.
        title: of the table.
        unit: what is scored: label, entity type.
        note: further sentences.
    """
    labels = sorted(seeds[0], key=lambda label: -max(seed[label]["support"] for seed in seeds))[:LABELS]
    chosen = [label for label in seeds[0] if label in set(labels)]  # in their own order
    rows: list[list[Cell]] = [
        [
            shortened(label),
            *(over_seeds([seed[label][score] for seed in seeds]) for score in ("precision", "recall", "f1")),
            int(seeds[0][label]["support"]),
        ]
        for label in chosen
    ]
    left = len(seeds[0]) - len(chosen)
    more = f" The {left} with the smallest support are left out." if left else ""
    text = f"Support: the number that has the {unit}.{more}{averaging(len(seeds))}{f' {note}' if note else ''}"
    return Table(name, title, [unit, "precision", "recall", "F1", "support"], rows, note=text)


def confusion_parts(
    counts: np.ndarray,
    true: Sequence[str],
    predicted: Sequence[str],
    *,
    right: np.ndarray,
    seeds: int,
    name: str,
    title: str,
    unit: str,
    note: str = "",
) -> list[Part]:
    """A confusion matrix of at most 20 labels; of more, the pairs that are confused most.

    Args:
        counts: (true, predicted) summed over seeds.
        true: names of the rows.
        predicted: names of the columns.
        right: (true, predicted) which cells are no confusions.
        seeds: number of seeds.
        name: of the file.
        title: of the part.
        unit: what is predicted.
        note: further sentences.
    """
    text = f"Colours are shares of the true {unit}.{summing(seeds)}{f' {note}' if note else ''}"
    if len(true) <= MATRIX and len(predicted) <= MATRIX:
        figure = confusion(counts, true=true, predicted=predicted, title=title, unit=unit)
        names = key([*true, *(column for column in predicted if column not in true)])
        return [Picture(name, title, figure, f"{text} {names}".rstrip())]
    wrong = np.where(right, 0, counts)
    order = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
    totals = np.maximum(counts.sum(1), 1)
    rows: list[list[Cell]] = []
    for row, column in zip(*np.unravel_index(order, wrong.shape), strict=True):
        if wrong[row, column]:
            pair = [shortened(true[row]), shortened(predicted[column])]
            rows.append([*pair, int(wrong[row, column]), float(wrong[row, column] / totals[row])])
    if not rows:
        return [f"{title}: none."]
    pairs = int((wrong > 0).sum())
    which = f"The {len(rows)} most frequent of {pairs:,} confusions." if pairs > len(rows) else "All confusions."
    headings = [f"true {unit}", f"predicted {unit}", "count", f"share of the true {unit}"]
    return [Table(name, title, headings, rows, note=f"{which}{summing(seeds)}{f' {note}' if note else ''}")]
