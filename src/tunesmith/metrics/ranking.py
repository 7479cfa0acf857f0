"""How well scores rank examples: area under the ROC curve and average precision, as in scikit-learn."""

from collections.abc import Callable

import numpy as np

Score = Callable[[np.ndarray, np.ndarray], float]


def roc_auc(targets: np.ndarray, scores: np.ndarray) -> float:
    """Probability that a positive example has a higher score than a negative one; ties count half.

    The rank sum of the positives (Hanley & McNeil, 1982): (R - p (p + 1) / 2) / (p n), for p positives and n negatives.
    Not a number without both of them.

    Args:
        targets: (examples,) true for positives.
        scores: (examples,) larger for positives.
    """
    from scipy.stats import rankdata

    positives = int(targets.sum())
    negatives = len(targets) - positives
    if not positives or not negatives or np.isnan(scores).any():
        return np.nan
    ranks = rankdata(scores)[targets].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(targets: np.ndarray, scores: np.ndarray) -> float:
    """Precision at each distinct score, weighted by the recall that it adds; 0 without positives.

    Args:
        targets: (examples,) true for positives.
        scores: (examples,) larger for positives.
    """
    if np.isnan(scores).any():
        return np.nan
    precision, recall = precision_recall(targets, scores)
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def precision_recall(targets: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall of the examples with at least each distinct score, from the largest score down.

    Without positives the recall is 0.

    Args:
        targets: (examples,) true for positives.
        scores: (examples,) larger for positives; no NaN.
    """
    order = np.argsort(-scores, kind="stable")
    positive, sorted_scores = targets[order], scores[order]
    last = np.append(np.flatnonzero(np.diff(sorted_scores)), len(order) - 1)  # last example of each distinct score
    found = np.cumsum(positive)[last]
    return found / (last + 1), found / max(found[-1], 1)
