"""All scores of text classification, for a process that holds the whole split."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torchmetrics import MetricCollection
from torchmetrics import classification as tm

from tunesmith.metrics import calibration, confusion, ranking, regression

_CALIBRATION = ("log_loss", "brier", "calibration_error")


def label_scores(
    targets: np.ndarray, predictions: np.ndarray, probabilities: np.ndarray, *, average: str | None
) -> dict[str, float]:
    """Scores of one label per example.

    Precision, recall and F1 are those of the second label with average `binary`, else averaged over the labels. ROC AUC
    and average precision rank by the second label's probability if there are two labels, else they are the mean over
    all labels, each against the rest.

    Args:
        targets: (examples,) label ids.
        predictions: (examples,) label ids.
        probabilities: (examples, labels).
        average: binary, macro, micro or weighted; None for binary with two labels, else macro.
    """
    labels = probabilities.shape[1]
    average = average or ("binary" if labels == 2 else "macro")
    several = {"task": "multiclass", "average": average, "num_classes": labels}
    averaged = _averaged(**({"task": "binary"} if average == "binary" else several))
    accuracy = tm.MulticlassAccuracy(average="micro", **_OPTIONS)
    probabilities = probabilities.astype(np.float64)
    matrix = confusion.confusion(targets, predictions, labels=labels)
    return _computed({"accuracy": accuracy} | averaged, predictions, targets) | {
        "matthews": confusion.matthews(matrix),
        "balanced_accuracy": confusion.balanced_accuracy(matrix),
        "roc_auc": _ranked(ranking.roc_auc, targets, probabilities),
        "average_precision": _ranked(ranking.average_precision, targets, probabilities),
        "log_loss": calibration.log_loss(targets, probabilities),
        "brier": calibration.brier(targets, probabilities),
        "calibration_error": calibration.calibration_error(targets, predictions, probabilities),
    }


def label_set_scores(
    targets: np.ndarray, predictions: np.ndarray, probabilities: np.ndarray, *, average: str | None
) -> dict[str, float]:
    """Scores of any number of labels per example; all labels must be right for accuracy, as in `accuracy_score`.

    ROC AUC, average precision, log loss, Brier score and calibration error are means over the labels: of each label alone,
    as a problem with the two labels off and on.

    Args:
        targets: (examples, labels), 1 where an example has the label.
        predictions: likewise, as predicted.
        probabilities: (examples, labels).
        average: macro, micro or weighted; None for macro.
    """
    labels = targets.shape[1]
    accuracy = tm.MultilabelExactMatch(num_labels=labels, **_OPTIONS)
    averaged = _averaged(task="multilabel", average=average or "macro", num_labels=labels)
    wide = probabilities.astype(np.float64)
    each = calibration_by_label(targets, predictions, probabilities)
    return _computed({"accuracy": accuracy} | averaged, predictions, targets) | {
        "roc_auc": _mean(map(ranking.roc_auc, targets.T == 1, wide.T)),
        "average_precision": _mean(map(ranking.average_precision, targets.T == 1, wide.T)),
        **{name: _mean(scores[name] for scores in each) for name in _CALIBRATION},
    }


def calibration_by_label(
    targets: np.ndarray, predictions: np.ndarray, probabilities: np.ndarray
) -> list[dict[str, float]]:
    """Log loss, Brier score and calibration error of each label of a multi-label problem: off or on, two labels.

    Args:
        targets: (examples, labels), 1 where an example has the label.
        predictions: likewise, as predicted.
        probabilities: (examples, labels).
    """
    found = []
    for target, prediction, on in zip(targets.T, predictions.T, probabilities.T.astype(np.float64), strict=True):
        both = np.stack([1 - on, on], axis=1)
        scores = (
            calibration.log_loss(target, both),
            calibration.brier(target, both),
            calibration.calibration_error(target, prediction, both),
        )
        found.append(dict(zip(_CALIBRATION, scores, strict=True)))
    return found


def number_scores(targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Scores of a number per example, (examples,) each."""
    score = (regression.pearson, regression.spearman, regression.mae, regression.rmse)
    return {function.__name__: function(targets, predictions) for function in score}


def _ranked(score: ranking.Score, targets: np.ndarray, probabilities: np.ndarray) -> float:
    """A score of the second of two labels, else the mean over all labels, each against the rest."""
    if probabilities.shape[1] == 2:
        return score(targets == 1, probabilities[:, 1])
    return _mean(score(targets == label, column) for label, column in enumerate(probabilities.T))


def _mean(values: Iterable[float]) -> float:
    """The mean over labels; not a number if one label's score is not."""
    return float(np.mean(list(values)))


_OPTIONS: Any = {"validate_args": False, "sync_on_compute": False}  # one process holds the whole split


def _averaged(**settings: Any) -> dict[str, Any]:
    """Precision, recall and F1 by torchmetrics, which equal scikit-learn's with zero_division=0."""
    settings |= _OPTIONS
    return {"precision": tm.Precision(**settings), "recall": tm.Recall(**settings), "f1": tm.F1Score(**settings)}


def _computed(metrics: dict[str, Any], predictions: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    collection = MetricCollection(metrics)
    collection.update(torch.from_numpy(predictions), torch.from_numpy(targets).long())
    return {name: float(value) for name, value in collection.compute().items()}
