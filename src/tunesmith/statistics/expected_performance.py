"""Expected validation performance: the best score that a random search of n trials would find, for each n.

Dodge et al. (2019) estimate it by drawing trials with replacement, which is too low on average; Tang et al. (2020) and
Dodge et al. (2021) without replacement, which is unbiased, so that is the one to report. For the i-th smallest of N scores,
the best of n is at most that with probability C(i, n) / C(N, n); with replacement it would be (i / N)ⁿ.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Expected:
    """The expected best score of 1, 2, ..., N trials.

    Attributes:
        mean: (trials,) of the best score.
        deviation: (trials,) its standard deviation among searches of so many trials, as these estimate it: that of all N
            trials is 0, for there is only one such search.
    """

    mean: np.ndarray
    deviation: np.ndarray


def expected_best(scores: np.ndarray, *, larger_is_better: bool) -> Expected:
    """The unbiased estimate, for each number of trials up to that of the scores (Tang et al., 2020).

    A trial whose score is not finite, such as one that diverged, counts as the worst of the finite ones: it has used
    its budget and found nothing. Without any finite score the estimates are NaN.

    Args:
        scores: (trials,) of trials of a random search, in any order. Those of a search that learns are not exchangeable.
        larger_is_better: than a smaller score.
    """
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return Expected(np.full(len(scores), np.nan), np.full(len(scores), np.nan))
    sign = 1.0 if larger_is_better else -1.0
    ordered = np.sort(np.where(np.isfinite(scores), sign * scores, (sign * finite).min()))
    means, deviations = [], []
    for at_most in _chances(len(ordered)):
        weights = np.diff(at_most, prepend=0.0)
        mean = weights @ ordered
        means.append(sign * mean)
        deviations.append(np.sqrt(weights @ (ordered - mean) ** 2))
    return Expected(np.array(means), np.array(deviations))


def _chances(count: int) -> Iterator[np.ndarray]:
    """That the best of n trials is the i-th smallest score or a smaller one: C(i, n) / C(N, n) for i = 1, ..., N.

    One array for each n; as a product of ratios, which neither overflows nor cancels.
    """
    order = np.arange(1, count + 1)
    at_most = np.ones(count)
    for drawn in range(count):
        at_most = at_most * np.maximum(order - drawn, 0) / (count - drawn)
        yield at_most
