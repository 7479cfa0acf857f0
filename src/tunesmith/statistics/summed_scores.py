"""Scores as functions of counts that are summed over examples, which is what a test over examples can resample."""

from collections.abc import Callable

import numpy as np

Statistic = Callable[[np.ndarray], np.ndarray]  # scores of summed counts, (..., kinds) -> (...)


def share(counts: np.ndarray) -> np.ndarray:
    """The share of summed counts (..., 2) of right and all, such as accuracy; a mean of scores likewise. 0 without any."""
    return _ratio(counts[..., 0], counts[..., 1])


def f1(counts: np.ndarray) -> np.ndarray:
    """F1 of summed counts (..., 3) of true positives, predicted and true ones; 0 without any.

    Of entities it is seqeval's micro average, of a binary task that of the positive class.
    """
    both, predicted, true = (counts[..., kind] for kind in range(3))
    return _ratio(2 * both, predicted + true)


def macro_f1(counts: np.ndarray) -> np.ndarray:
    """Mean F1 of the labels that occur or were predicted, of summed counts (..., 3 * labels), three of each as in `f1`.

    This is scikit-learn's macro average over one label per example; 0 without any.
    """
    each = _by_label(counts)
    return _ratio(f1(each).sum(axis=-1), (each[..., 1:].sum(axis=-1) > 0).sum(axis=-1).astype(float))


def mean_f1(counts: np.ndarray) -> np.ndarray:
    """Mean F1 of all labels, of counts as in `macro_f1`: the macro average over any number of labels per example."""
    return f1(_by_label(counts)).mean(axis=-1)


def weighted_f1(counts: np.ndarray) -> np.ndarray:
    """Mean F1 of the labels, weighted by how many have them, of counts as in `macro_f1`; 0 without any."""
    each = _by_label(counts)
    return _ratio((f1(each) * each[..., 2]).sum(axis=-1), each[..., 2].sum(axis=-1))


def _by_label(counts: np.ndarray) -> np.ndarray:
    return counts.reshape(*counts.shape[:-1], -1, 3)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole > 0)
