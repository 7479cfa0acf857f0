"""How good the probabilities of a label per example are: log loss, Brier score and expected calibration error."""

import sys

import numpy as np

BINS = 15  # of the calibration error, as in Guo et al. (2017)


def log_loss(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean of -log of the true label's probability, which is at least float64's machine epsilon, as in scikit-learn.

    Args:
        targets: (examples,) label ids.
        probabilities: (examples, labels).
    """
    true = probabilities[np.arange(len(targets)), targets]
    return float(np.log(1 / np.maximum(true, sys.float_info.epsilon)).mean())


def brier(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean squared error of the probabilities (Brier, 1950), summed over the labels.

    With two labels it is that of the second label alone, half the sum, as is usual: from 0 to 1, else from 0 to 2.

    Args:
        targets: (examples,) label ids.
        probabilities: (examples, labels).
    """
    errors = probabilities.copy()
    errors[np.arange(len(targets)), targets] -= 1
    squared = errors**2
    return float((squared[:, 1] if squared.shape[1] == 2 else squared.sum(1)).mean())


def calibration_error(targets: np.ndarray, predictions: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean difference of accuracy and largest probability in 15 bins of equal width, weighted by their examples.

    A bin holds probabilities in (k/15, (k+1)/15] (Guo et al., 2017).

    Args:
        targets: (examples,) label ids.
        predictions: (examples,) label ids.
        probabilities: (examples, labels).
    """
    return confidence_error(targets == predictions, probabilities.max(1))


def confidence_error(right: np.ndarray, confidence: np.ndarray) -> float:
    """The calibration error of largest probabilities; not a number if one of them is not.

    Args:
        right: (examples,) whether each prediction is right.
        confidence: (examples,) its probability.
    """
    if np.isnan(confidence).any():
        return np.nan
    gaps = np.bincount(bin_numbers(confidence), weights=right - confidence)
    return float(np.abs(gaps).sum() / len(right))


def bin_numbers(confidence: np.ndarray) -> np.ndarray:
    """(examples,) the number of the bin that holds each probability, from 0 to 14."""
    return np.searchsorted(np.arange(1, BINS) / BINS, confidence)
