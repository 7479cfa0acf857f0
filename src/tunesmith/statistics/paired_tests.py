"""Whether two methods differ in their mean score, from a score of each for every seed: paired and unpaired tests.

Student's paired t test (1908), Welch's t test (1947), and Fisher's permutation tests (1935), which assume no distribution
but cannot reach 5 % with three seeds, nor with five pairs. All tests are two-sided. A score that is not finite makes p NaN: a
method that diverged has no mean, and without that seed it would look better than it is.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

_MOST_PAIRS = 16  # with exact enumeration, 2**16 sums
_MOST_SPLITS = 50_000
_SAMPLES = 10_000
_SEED = 0
_EQUAL = 1e-10  # relative to the scores: differences that are equal but for rounding


@dataclass(frozen=True)
class Permutation:
    """The outcome of a permutation test.

    Attributes:
        p: the share of permutations with a difference at least as large as the observed one; NaN without a test.
        smallest: the smallest p that this number of seeds can reach.
        exact: whether all permutations were enumerated, not sampled.
    """

    p: float
    smallest: float
    exact: bool


def paired_t(first: np.ndarray, second: np.ndarray) -> float:
    """The p of Student's paired t test.

    1 if all pairs are equal. Where all differences are the same, the t statistic would be infinite and p 0, although coarse
    scores alone can make a few differences the same; p is then that of the sign-flip test, `2 ** (1 - pairs)`, which is exact
    for any symmetric distribution.

    Args:
        first: (pairs,) scores of a method.
        second: (pairs,) scores of another with the same seeds.

    Returns:
        NaN for fewer than two pairs, or if a score is not finite.
    """
    from scipy.special import stdtr

    assert first.shape == second.shape
    pairs = len(first)
    if pairs < 2 or not _finite(first, second):
        return math.nan
    difference = first - second
    if np.abs(difference).max() <= _tolerance(first, second):
        return 1.0
    if np.ptp(difference) <= _tolerance(first, second):
        return float(2.0 ** (1 - pairs))
    t = difference.mean() / (difference.std(ddof=1) / math.sqrt(pairs))
    return float(2 * stdtr(pairs - 1, -abs(t)))


def sign_flips(first: np.ndarray, second: np.ndarray) -> Permutation:
    """The sign-flip permutation test of the mean difference: under equality each difference may as well be negative.

    All flips of up to 16 pairs are enumerated; of more, 10,000 are drawn with a fixed seed, and the observed one counts among
    them: `(1 + as large) / (1 + drawn)` (Phipson & Smyth, 2010), so that p is never 0.

    Args:
        first: (pairs,) scores of a method.
        second: (pairs,) scores of another with the same seeds.
    """
    assert first.shape == second.shape
    pairs = len(first)
    if pairs < 1:
        return Permutation(math.nan, 1.0, True)
    exact = pairs <= _MOST_PAIRS
    smallest = 2.0 ** (1 - pairs) if exact else 1 / (1 + _SAMPLES)
    if not _finite(first, second):
        return Permutation(math.nan, smallest, exact)
    difference = first - second
    threshold = abs(difference.sum()) - pairs * _tolerance(first, second)
    if exact:
        sums = difference[:1]  # the first sign is fixed, for a flip of all signs changes no absolute value
        for value in difference[1:]:
            sums = np.concatenate([sums + value, sums - value])
        return Permutation(float((np.abs(sums) >= threshold).mean()), smallest, True)
    signs = np.random.default_rng(_SEED).integers(0, 2, (_SAMPLES, pairs)) * 2 - 1
    as_large = int((np.abs(signs @ difference) >= threshold).sum())
    return Permutation((1 + as_large) / (1 + _SAMPLES), smallest, False)


def welch(first: np.ndarray, second: np.ndarray) -> float:
    """The p of Welch's t test, for scores with other seeds; the two variances may differ.

    Where neither method's scores vary, p is 1 if they are equal, and else that of the permutation test: a variance of 0 is
    that of coarse scores, and t would be infinite.

    Args:
        first: (seeds,) scores of a method.
        second: (other seeds,) scores of another.

    Returns:
        NaN for fewer than two scores of either, or if a score is not finite.
    """
    from scipy.special import stdtr

    if min(len(first), len(second)) < 2 or not _finite(first, second):
        return math.nan
    if max(np.ptp(first), np.ptp(second)) <= _tolerance(first, second):
        return permutation(first, second).p
    errors = [scores.var(ddof=1) / len(scores) for scores in (first, second)]
    t = (first.mean() - second.mean()) / math.sqrt(sum(errors))
    freedom = sum(errors) ** 2 / sum(
        error**2 / (len(scores) - 1) for error, scores in zip(errors, (first, second), strict=True)
    )
    return float(2 * stdtr(freedom, -abs(t)))


def permutation(first: np.ndarray, second: np.ndarray) -> Permutation:
    """The permutation test of the difference of two means: under equality each score may as well be the other method's.

    All splits are enumerated up to 50,000; of more, 10,000 are drawn with a fixed seed, as in `sign_flips`.

    Args:
        first: (seeds,) scores of a method.
        second: (other seeds,) scores of another.
    """
    size, other = len(first), len(second)
    if not size or not other:
        return Permutation(math.nan, 1.0, True)
    splits = math.comb(size + other, size)
    exact = splits <= _MOST_SPLITS
    # With groups of the same size, exchanging them is a split with the same absolute difference.
    smallest = (2 if size == other else 1) / splits if exact else 1 / (1 + _SAMPLES)
    if not _finite(first, second):
        return Permutation(math.nan, smallest, exact)
    scores = np.concatenate([first, second])
    if exact:
        chosen = np.array(list(itertools.combinations(range(size + other), size)))
        sums = scores[chosen].sum(axis=1)
    else:
        rows = np.broadcast_to(scores, (_SAMPLES, size + other))
        sums = np.random.default_rng(_SEED).permuted(rows, axis=1)[:, :size].sum(axis=1)
    # |mean - other mean| is a constant times how far the sum of the first is from its expectation.
    expected = scores.sum() * size / (size + other)
    threshold = abs(first.sum() - expected) - size * _tolerance(first, second)
    as_large = int((np.abs(sums - expected) >= threshold).sum())
    p = as_large / splits if exact else (1 + as_large) / (1 + _SAMPLES)
    return Permutation(p, smallest, exact)


def _finite(*scores: np.ndarray) -> bool:
    return all(bool(np.isfinite(values).all()) for values in scores)


def _tolerance(*scores: np.ndarray) -> float:
    return _EQUAL * max(float(np.abs(values).max()) for values in scores)
