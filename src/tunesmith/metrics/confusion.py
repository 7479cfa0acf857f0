"""Scores of predicted labels from the confusion matrix, as in scikit-learn, degenerate cases included."""

from collections.abc import Sequence

import numpy as np

LabelScores = dict[str, dict[str, float]]  # label -> precision, recall, f1, support


def confusion(targets: np.ndarray, predictions: np.ndarray, *, labels: int) -> np.ndarray:
    """(labels, labels) number of examples by true label (row) and predicted label (column).

    Args:
        targets: (examples,) label ids.
        predictions: (examples,) label ids.
        labels: number of labels.
    """
    return np.bincount(targets * labels + predictions, minlength=labels * labels).reshape(labels, labels)


def matthews(matrix: np.ndarray) -> float:
    """Matthews correlation of several labels (Gorodkin, 2004): 0 if all targets or all predictions are the same.

    With c correct of n examples, t_k true and p_k predicted examples of label k:
    (c n - sum t_k p_k) / sqrt((n^2 - sum p_k^2) (n^2 - sum t_k^2)).
    """
    counts = matrix.astype(np.float64)  # products of four counts overflow integers
    true, predicted, n = counts.sum(1), counts.sum(0), counts.sum()
    spread = (n * n - predicted @ predicted, n * n - true @ true)
    if 0 in spread:
        return 0.0
    return float((np.trace(counts) * n - true @ predicted) / (np.sqrt(spread[0]) * np.sqrt(spread[1])))


def balanced_accuracy(matrix: np.ndarray) -> float:
    """Mean recall of the labels that occur (Brodersen et al., 2010)."""
    true = matrix.sum(1)
    occur = true > 0
    return float((np.diag(matrix)[occur] / true[occur]).mean())


def by_label(both: np.ndarray, predicted: np.ndarray, true: np.ndarray, names: Sequence[str]) -> LabelScores:
    """Precision, recall, F1 and support of each label; nothing divided by nothing is 0.

    Args:
        both: (labels,) number of examples (entities, for tags) that have the label and were predicted to have it.
        predicted: (labels,) number that were predicted to have it.
        true: (labels,) number that have it: the support.
        names: of the labels.
    """
    scores = (_ratio(both, predicted), _ratio(both, true), _ratio(2 * both, predicted + true), true)
    rows = np.stack(scores, axis=1).tolist()
    return {
        name: {"precision": precision, "recall": recall, "f1": f1, "support": int(support)}
        for name, (precision, recall, f1, support) in zip(names, rows, strict=True)
    }


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(part / np.maximum(whole, 1))  # the whole is 0 only if the part is
