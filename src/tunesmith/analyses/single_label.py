"""Classification with one label per example: confusions, precision and recall, calibration, the worst errors."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunesmith.analyses import rows as reading
from tunesmith.analyses.curves import KEPT, curve_parts
from tunesmith.analyses.label_tables import by_label_table, confusion_parts
from tunesmith.analyses.rows import Examples, Row, number_of, over_seeds, shown, summing, text_of
from tunesmith.documents.document import Part, Picture
from tunesmith.errors import UserError
from tunesmith.errors.messages import shortened
from tunesmith.figures.reliability import reliability
from tunesmith.metrics import calibration, confusion


@dataclass(frozen=True)
class Seed:
    """The predictions of a run.

    Attributes:
        names: of the labels, in the order of their ids.
        targets: (examples,) label ids.
        predictions: (examples,) label ids.
        confidence: (examples,) the largest probability.
        probabilities: (examples, labels); None for more than 20 labels.
        examples: and which of them are wrong.
    """

    names: tuple[str, ...]
    targets: np.ndarray
    predictions: np.ndarray
    confidence: np.ndarray
    probabilities: np.ndarray | None
    examples: Examples


def collect(rows: Iterable[Row], dataset: Mapping[str, Any]) -> Seed:
    """Read a run's predictions: `label`, `prediction`, `probabilities`, and the texts of `dataset`."""
    names: tuple[str, ...] = ()
    places: dict[str, int] = {}
    targets, predictions, confidence, kept = array("q"), array("q"), array("d"), array("d")
    examples = Examples()
    for number, row in reading.numbered(rows, {"label": str, "prediction": str, "probabilities": dict}):
        probabilities = row["probabilities"]
        if not places:
            names = tuple(probabilities)
            places = {name: place for place, name in enumerate(names)}
        if tuple(probabilities) != names:
            raise reading.wrong(number, "has probabilities of other labels than the first")
        target, prediction = (places.get(row[key], -1) for key in ("label", "prediction"))
        if min(target, prediction) < 0:
            raise reading.wrong(number, f"has the label {shortened(str(row['label']))}, but no probability of it")
        values = [number_of(value) for value in probabilities.values()]
        largest = max(values) if not any(value != value for value in values) else float("nan")
        targets.append(target)
        predictions.append(prediction)
        confidence.append(largest)
        if len(names) <= KEPT:
            kept.extend(values)
        examples.add(
            row,
            row["label"],
            wrong=target != prediction,
            badness=values[prediction],
            cells=lambda row=row, value=values[prediction]: (  # type: ignore[misc]
                reading.name_of(row["label"]),
                reading.name_of(row["prediction"]),
                value,
                text_of(row, (dataset.get("text"), dataset.get("text_pair"))),
            ),
        )
    wide = np.frombuffer(kept).reshape(-1, len(names)) if kept else None
    return Seed(names, np.array(targets), np.array(predictions), np.array(confidence), wide, examples)


def parts(seeds: Sequence[Seed], *, split: str, name: str) -> list[Part]:
    """Tables and pictures of the predictions of one configuration's seeds."""
    names = seeds[0].names
    if any(seed.names != names for seed in seeds):
        raise UserError("the seeds have different labels; expected the same data; report them separately")
    matrices = [confusion.confusion(seed.targets, seed.predictions, labels=len(names)) for seed in seeds]
    each = [confusion.by_label(m.diagonal(), m.sum(0), m.sum(1), names) for m in matrices]
    found: list[Part] = [
        by_label_table(each, name=f"{name}-labels", title=f"Scores by label on {split}", unit="label"),
        *confusion_parts(
            np.sum(matrices, axis=0),
            names,
            names,
            right=np.eye(len(names), dtype=bool),
            seeds=len(seeds),
            name=f"{name}-confusion",
            title=f"Confusions on {split}",
            unit="label",
        ),
    ]
    if seeds[0].probabilities is None:
        found.append(f"Precision-recall curves are not drawn for more than {KEPT} labels ({len(names)} here).")
    else:
        ranked = [lambda label, seed=seed: (seed.targets == label, seed.probabilities[:, label]) for seed in seeds]
        labels = [1] if len(names) == 2 else range(len(names))
        found += curve_parts(ranked, names, labels, name=f"{name}-precision-recall", split=split)
    found.append(_reliability(seeds, split=split, name=name))
    note = "Wrong predictions with the largest probabilities."
    headings = ["label", "prediction", "probability", "text"]
    worst = reading.worst_errors([seed.examples for seed in seeds], headings, name=name, split=split, note=note)
    return [*found, worst]


def _reliability(seeds: Sequence[Seed], *, split: str, name: str) -> Part:
    """A reliability diagram whose error is the run's `calibration_error`."""
    errors = [calibration.confidence_error(seed.targets == seed.predictions, seed.confidence) for seed in seeds]
    if np.isnan(errors).any():
        return "The reliability diagram is not drawn: some probabilities are not numbers."
    confidence = np.concatenate([seed.confidence for seed in seeds])
    right = np.concatenate([seed.targets == seed.predictions for seed in seeds])
    bins = calibration.bin_numbers(confidence)
    counts, sums, correct = (
        np.bincount(bins, weights=weights, minlength=calibration.BINS) for weights in (None, confidence, right)
    )
    filled = np.maximum(counts, 1)
    title = f"Reliability on {split}"
    caption = (
        f"Accuracy and mean of the largest probability in {calibration.BINS} bins of equal width; the expected calibration "
        f"error is {shown(over_seeds(errors))} (Guo et al., 2017).{summing(len(seeds))}"
    )
    figure = reliability(counts, sums / filled, correct / filled, title=title)
    return Picture(f"{name}-reliability", title, figure, caption)
