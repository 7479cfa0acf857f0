"""Classification with any number of labels per example: scores by label, precision and recall, the worst errors."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunesmith.analyses import rows as reading
from tunesmith.analyses.curves import KEPT, curve_parts
from tunesmith.analyses.label_tables import by_label_table
from tunesmith.analyses.rows import Examples, Row, number_of, text_of
from tunesmith.documents.document import Part
from tunesmith.errors import UserError
from tunesmith.metrics import confusion


@dataclass(frozen=True)
class Seed:
    """The predictions of a run.

    Attributes:
        names: of the labels, in the order of their ids.
        targets: (examples, labels) whether an example has a label.
        predictions: (examples, labels) whether it is predicted.
        probabilities: (examples, labels); None for more than 20 labels.
        examples: and which of them are wrong: in any label.
    """

    names: tuple[str, ...]
    targets: np.ndarray
    predictions: np.ndarray
    probabilities: np.ndarray | None
    examples: Examples


def collect(rows: Iterable[Row], dataset: Mapping[str, Any]) -> Seed:
    """Read a run's predictions: `label` and `prediction`, lists of names; `probabilities`; and the texts of `dataset`."""
    names: tuple[str, ...] = ()
    targets, predictions, kept = bytearray(), bytearray(), array("d")
    examples = Examples()
    for number, row in reading.numbered(rows, {"label": list, "prediction": list, "probabilities": dict}):
        probabilities = row["probabilities"]
        names = names or tuple(probabilities)
        if tuple(probabilities) != names:
            raise reading.wrong(number, "has probabilities of other labels than the first")
        target, prediction = set(row["label"]), set(row["prediction"])
        if not target | prediction <= probabilities.keys():
            raise reading.wrong(number, "has a label, but no probability of it")
        targets.extend(label in target for label in names)
        predictions.extend(label in prediction for label in names)
        values = [number_of(value) for value in probabilities.values()]
        if len(names) <= KEPT:
            kept.extend(values)
        differing = [place for place, label in enumerate(names) if (label in target) != (label in prediction)]
        badness = max((abs(values[place] - (names[place] in target)) for place in differing), default=0.0)
        examples.add(
            row,
            sorted(target),
            wrong=bool(differing),
            badness=badness,
            cells=lambda row=row, badness=badness: (  # type: ignore[misc]
                reading.name_of(row["label"]),
                reading.name_of(row["prediction"]),
                badness,
                text_of(row, (dataset.get("text"), dataset.get("text_pair"))),
            ),
        )
    shape = (-1, max(len(names), 1))
    wide = np.frombuffer(kept).reshape(shape) if kept else None
    true, guessed = (np.frombuffer(found, dtype=np.bool_).reshape(shape) for found in (targets, predictions))
    return Seed(names, true, guessed, wide, examples)


def parts(seeds: Sequence[Seed], *, split: str, name: str) -> list[Part]:
    """Tables and pictures of the predictions of one configuration's seeds."""
    names = seeds[0].names
    if any(seed.names != names for seed in seeds):
        raise UserError("the seeds have different labels; expected the same data; report them separately")
    each = [
        confusion.by_label(
            (seed.targets & seed.predictions).sum(0), seed.predictions.sum(0), seed.targets.sum(0), names
        )
        for seed in seeds
    ]
    found: list[Part] = [by_label_table(each, name=f"{name}-labels", title=f"Scores by label on {split}", unit="label")]
    if seeds[0].probabilities is None:
        found.append(f"Precision-recall curves are not drawn for more than {KEPT} labels ({len(names)} here).")
    else:
        ranked = [lambda label, seed=seed: (seed.targets[:, label], seed.probabilities[:, label]) for seed in seeds]
        found += curve_parts(ranked, names, range(len(names)), name=f"{name}-precision-recall", split=split)
    worst = reading.worst_errors(
        [seed.examples for seed in seeds],
        ["labels", "prediction", "error", "text"],
        name=name,
        split=split,
        note="Examples with a wrong label; error: the largest difference of a wrong label's probability and 0 or 1.",
    )
    return [*found, worst]
