"""Intervals for the mean score of a configuration over its seeds.

Student's t interval; the studentised bootstrap, bootstrap-t (Efron, 1982; Hall, 1988). The other bootstraps
promise more than they keep with so few seeds: measured, percentile and BCa intervals "of 95 %" cover the mean
of normal scores in 76 and 73 % of the simulations with 3 seeds, 83 and 83 % with 5, and 93 and 93 % with 20.
"""

import math

import numpy as np

_SAMPLES = 2_000
_SEED = 0
_FEWEST = 8  # seeds for the bootstrap
_EQUAL = 1e-10  # relative to the scores: equal but for rounding

Interval = tuple[float, float]


def t_interval(scores: np.ndarray, *, confidence: float = 0.95) -> Interval | None:
    """Student's t interval of the mean.

    Measured coverage at 95 % with 3, 5 and 20 seeds: 95, 95 and 95 % of normal scores; 89, 89 and 92 % of exponential ones, for no
    interval from so few seeds knows of a tail that none of them has shown.

    Args:
        scores: (seeds,), or differences of pairs.
        confidence: that the interval contains the mean.

    Returns:
        None for fewer than two scores, if one is not finite, or if they do not vary: equal scores do not tell how much others
        would differ, and an interval without width would claim certainty.
    """
    from scipy.special import stdtrit

    if not _varies(scores):
        return None
    half = stdtrit(len(scores) - 1, (1 + confidence) / 2) * _standard_error(scores)
    return float(scores.mean() - half), float(scores.mean() + half)


def welch_interval(first: np.ndarray, second: np.ndarray, *, confidence: float = 0.95) -> Interval | None:
    """Welch's t interval of the difference of two means, `first - second`, whose variances may differ.

    Args:
        first: (seeds,) scores of a method.
        second: (other seeds,) scores of another.
        confidence: that the interval contains the difference.

    Returns:
        None for fewer than two scores of either, if one is not finite, or if neither method's scores vary.
    """
    from scipy.special import stdtrit

    usable = min(len(first), len(second)) > 1 and np.isfinite(first).all() and np.isfinite(second).all()
    if not usable or not (_varies(first) or _varies(second)):
        return None
    variances = [_standard_error(scores) ** 2 for scores in (first, second)]
    freedom = sum(variances) ** 2 / (variances[0] ** 2 / (len(first) - 1) + variances[1] ** 2 / (len(second) - 1))
    half = stdtrit(freedom, (1 + confidence) / 2) * math.sqrt(sum(variances))
    difference = first.mean() - second.mean()
    return float(difference - half), float(difference + half)


def bootstrap_interval(scores: np.ndarray, *, confidence: float = 0.95) -> Interval | None:
    """The studentised bootstrap interval of the mean, from 2,000 samples drawn with a fixed seed.

    Each sample's mean is taken in units of its own standard error, which makes up for the variance that resampling a few scores
    loses. Measured coverage at 95 % with 8, 10 and 20 seeds: 96, 95 and 95 % of normal scores, 94, 94 and 94 % of exponential ones
    (t: 91, 89 and 92 %), and 95 % of accuracies on 50 examples. With 5 seeds it is 92 to 95 %, with 3 an interval is
    hundreds of standard deviations wide: below 8 there is none.

    Args:
        scores: (seeds,), or differences of pairs.
        confidence: that the interval contains the mean.

    Returns:
        None for fewer than eight scores, if one is not finite, if they do not vary, or if so many are equal that the interval
        is unbounded.
    """
    count = len(scores)
    if count < _FEWEST or not _varies(scores):
        return None
    samples = scores[np.random.default_rng(_SEED).integers(0, count, (_SAMPLES, count))]
    shift = samples.mean(axis=1) - scores.mean()
    error = samples.std(axis=1, ddof=1) / math.sqrt(count)
    without = error <= _EQUAL * np.abs(scores).max()  # a sample of equal scores is infinitely far, or exact
    t = np.divide(shift, error, out=np.copysign(np.inf, shift), where=~without)
    tail = (1 - confidence) / 2
    low, high = np.quantile(t, [tail, 1 - tail], method="inverted_cdf")
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    return float(scores.mean() - high * _standard_error(scores)), float(scores.mean() - low * _standard_error(scores))


def _varies(scores: np.ndarray) -> bool:
    return len(scores) > 1 and bool(np.isfinite(scores).all() and np.ptp(scores) > _EQUAL * np.abs(scores).max())


def _standard_error(scores: np.ndarray) -> float:
    return float(scores.std(ddof=1)) / math.sqrt(len(scores))
