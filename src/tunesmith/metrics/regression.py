"""Scores of predicted numbers: correlations and errors, in float64."""

import numpy as np


def pearson(targets: np.ndarray, predictions: np.ndarray) -> float:
    """Pearson correlation; not a number if all targets or all predictions are the same.

    Args:
        targets: (examples,).
        predictions: (examples,).
    """
    first, second = (values.astype(np.float64) for values in (targets, predictions))
    if not len(first) or 0 in (np.ptp(first), np.ptp(second)):
        return np.nan
    first, second = first - first.mean(), second - second.mean()
    return float(np.clip(first / np.linalg.norm(first) @ (second / np.linalg.norm(second)), -1, 1))


def spearman(targets: np.ndarray, predictions: np.ndarray) -> float:
    """Pearson correlation of the ranks, ties by their mean rank.

    Args:
        targets: (examples,).
        predictions: (examples,).
    """
    from scipy.stats import rankdata

    if np.isnan(targets).any() or np.isnan(predictions).any():
        return np.nan
    return pearson(rankdata(targets), rankdata(predictions))


def mae(targets: np.ndarray, predictions: np.ndarray) -> float:
    """Mean absolute error."""
    return float(np.abs(predictions.astype(np.float64) - targets).mean())


def rmse(targets: np.ndarray, predictions: np.ndarray) -> float:
    """Square root of the mean squared error."""
    return float(np.sqrt(((predictions.astype(np.float64) - targets) ** 2).mean()))
