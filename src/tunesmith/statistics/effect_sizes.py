"""How large a difference is, apart from how sure it is: in standard deviations, and as a probability.

Hedges (1981) for the correction of small samples, Cohen (1988) for the standardised mean difference of pairs (d_z),
Vargha & Delaney (2000) for the probability of superiority.
"""

import math

import numpy as np


def paired_g(first: np.ndarray, second: np.ndarray) -> float | None:
    """Mean difference of pairs over the standard deviation of the differences, d_z, with Hedges' correction.

    Without the correction three pairs would overstate it by three quarters on average; two pairs have no such estimate.

    Args:
        first: (pairs,) scores of a method.
        second: (pairs,) scores of another with the same seeds.

    Returns:
        None for fewer than three pairs, scores that are not finite, or differences that do not vary.
    """
    assert first.shape == second.shape
    difference = first - second
    if len(difference) < 3 or not np.isfinite(difference).all():
        return None
    return _in_deviations(
        float(difference.mean()), float(difference.var(ddof=1)), len(difference) - 1, float(np.abs(first).max())
    )


def hedges_g(first: np.ndarray, second: np.ndarray) -> float | None:
    """Difference of two means over the pooled standard deviation, with Hedges' correction for small samples.

    Args:
        first: (seeds,) scores of a method.
        second: (other seeds,) scores of another.

    Returns:
        None for fewer than two scores of either, scores that are not finite, or that do not vary.
    """
    if min(len(first), len(second)) < 2 or not (np.isfinite(first).all() and np.isfinite(second).all()):
        return None
    freedom = len(first) + len(second) - 2
    pooled = ((len(first) - 1) * first.var(ddof=1) + (len(second) - 1) * second.var(ddof=1)) / freedom
    return _in_deviations(
        float(first.mean() - second.mean()), float(pooled), freedom, float(np.abs([*first, *second]).max())
    )


def superiority(first: np.ndarray, second: np.ndarray) -> float | None:
    """Probability that a run of the first method has a larger score than one of the second; ties count half.

    Vargha & Delaney's (2000) A: 0.5 for equal methods. An infinite score is larger than all others.

    Args:
        first: (seeds,) scores of a method.
        second: (other seeds,) scores of another.

    Returns:
        None without scores of both, or if one is NaN.
    """
    if not len(first) or not len(second) or np.isnan(first).any() or np.isnan(second).any():
        return None
    larger = (first[:, None] > second[None, :]).mean()
    equal = (first[:, None] == second[None, :]).mean()
    return float(larger + equal / 2)


def _in_deviations(difference: float, variance: float, freedom: int, scale: float) -> float | None:
    """A difference in standard deviations, times J = Γ(f/2) / (√(f/2) Γ((f-1)/2)) for f degrees of freedom."""
    deviation = math.sqrt(variance)
    if deviation <= 1e-10 * scale:
        return None
    correction = math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2)) / math.sqrt(freedom / 2)
    return difference / deviation * correction
