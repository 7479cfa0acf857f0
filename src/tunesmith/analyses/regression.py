"""Predicted numbers: correlations and errors, predictions against labels, residuals, the worst errors."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunesmith.analyses import rows as reading
from tunesmith.analyses.rows import Examples, Row, averaging, number_of, over_seeds, text_of
from tunesmith.documents.document import Part, Picture, Table
from tunesmith.figures.residuals import residuals
from tunesmith.metrics import regression


@dataclass(frozen=True)
class Seed:
    """The predictions of a run.

    Attributes:
        targets: (examples,).
        predictions: (examples,); NaN where a prediction is not a number.
        examples: all of which count as wrong.
    """

    targets: np.ndarray
    predictions: np.ndarray
    examples: Examples


def collect(rows: Iterable[Row], dataset: Mapping[str, Any]) -> Seed:
    """Read a run's predictions: `label` and `prediction`, numbers, and the texts of `dataset`."""
    targets, predictions = array("d"), array("d")
    examples = Examples()
    for _, row in reading.numbered(rows, {"label": reading.NUMBER, "prediction": reading.NUMBER}):
        target, prediction = number_of(row["label"]), number_of(row["prediction"])
        targets.append(target)
        predictions.append(prediction)
        examples.add(
            row,
            target,
            wrong=target != prediction,
            badness=abs(target - prediction),
            cells=lambda row=row, found=(target, prediction): (  # type: ignore[misc]
                *found,
                found[1] - found[0],
                text_of(row, (dataset.get("text"), dataset.get("text_pair"))),
            ),
        )
    return Seed(np.array(targets), np.array(predictions), examples)


def parts(seeds: Sequence[Seed], *, split: str, name: str) -> list[Part]:
    """Tables and pictures of the predictions of one configuration's seeds."""
    scores = {
        "Pearson correlation": regression.pearson,
        "Spearman correlation": regression.spearman,
        "mean absolute error": regression.mae,
        "root mean squared error": regression.rmse,
        "mean residual": lambda targets, predictions: float((predictions - targets).mean()),
    }
    values = {
        title: over_seeds([score(seed.targets, seed.predictions) for seed in seeds]) for title, score in scores.items()
    }
    note = f"A residual is the prediction minus the label.{averaging(len(seeds))}"
    found: list[Part] = [
        Table(f"{name}-scores", f"Scores on {split}", list(values), [list(values.values())], note=note)
    ]
    targets, predictions = (
        np.concatenate([getattr(seed, key) for seed in seeds]) for key in ("targets", "predictions")
    )
    finite = np.isfinite(targets) & np.isfinite(predictions)
    title = f"Predictions and labels on {split}"
    if finite.any():
        caption = f"Each point is an example{' of a seed' if len(seeds) > 1 else ''}."
        if not finite.all():
            caption += f" {int((~finite).sum()):,} predictions that are not numbers are left out."
        picture = residuals(targets[finite], predictions[finite], title=title)
        found.append(Picture(f"{name}-residuals", title, picture, caption))
    else:
        found.append(f"{title}: not drawn, for no prediction is a number.")
    worst = reading.worst_errors(
        [seed.examples for seed in seeds],
        ["label", "prediction", "residual", "text"],
        name=name,
        split=split,
        note="The largest residuals.",
        ranked=True,
    )
    return [*found, worst]
