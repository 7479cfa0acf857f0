"""Several methods over several datasets, by their ranks: the Friedman test and the Nemenyi critical difference.

Demšar (2006), "Statistical Comparisons of Classifiers over Multiple Data Sets". Scores of different datasets cannot be
averaged, ranks can. Nemenyi's difference is corrected for all pairs of methods.
"""

import math
from dataclasses import dataclass

import numpy as np

_SAMPLES = 10_000
_SEED = 0


@dataclass(frozen=True)
class Friedman:
    """The outcome of a Friedman test that all methods are equal.

    Attributes:
        chi_square: Friedman's statistic, corrected for ties.
        p_chi_square: from its χ² distribution, which is rough for few datasets.
        f: Iman & Davenport's (1980) statistic; infinite where all datasets agree.
        p_f: from its F distribution; 0 where all datasets agree, however few they are.
        p: from 10,000 random orders within each dataset (with a fixed seed, the observed order among them), which is valid for
            any number of datasets.
    """

    chi_square: float
    p_chi_square: float
    f: float
    p_f: float
    p: float


def average_ranks(scores: np.ndarray, *, larger_is_better: bool) -> np.ndarray:
    """The mean rank of each method, 1 for the best; ties share the mean of their ranks.

    Args:
        scores: (datasets, methods), without NaN: a method that has no score on a dataset cannot be ranked there.
        larger_is_better: than a smaller score.

    Returns:
        (methods,).
    """
    return _ranks(scores, larger_is_better).mean(axis=0)


def friedman(scores: np.ndarray) -> Friedman:
    """Friedman's (1937) test that all methods have the same rank on average.

    Args:
        scores: (datasets, methods), at least one and two, without NaN.
    """
    from scipy.special import chdtrc, fdtrc

    ranks = _ranks(scores, True)
    datasets, methods = ranks.shape
    assert methods > 1
    spread = ((ranks - (methods + 1) / 2) ** 2).sum()  # smaller by the correction for ties
    if not spread:
        return Friedman(0.0, 1.0, 0.0, 1.0, 1.0)
    shuffled = np.random.default_rng(_SEED).permuted(
        np.broadcast_to(ranks, (_SAMPLES, datasets, methods)), axis=2
    )  # a new order in every dataset of every sample
    between, others = _between(ranks), _between(shuffled)
    chi_square = float((methods - 1) * between / spread * datasets)
    most = datasets * (methods - 1)
    rest = most - chi_square
    f = math.inf if rest <= 1e-9 * most else (datasets - 1) * chi_square / rest
    p_f = float(fdtrc(methods - 1, (methods - 1) * (datasets - 1), f)) if datasets > 1 else math.nan
    p = (1 + int((others >= between * (1 - 1e-9)).sum())) / (1 + _SAMPLES)
    return Friedman(chi_square, float(chdtrc(methods - 1, chi_square)), f, p_f, p)


def critical_difference(methods: int, datasets: int, *, level: float = 0.05) -> float:
    """Nemenyi's (1963) critical difference: methods differ at a level if their average ranks do by at least so much.

    `q √(k (k + 1) / 6N)` for k methods on N datasets; q is the Studentized range's quantile, for infinite degrees of freedom,
    over √2.
    """
    from scipy.stats import studentized_range

    q = studentized_range.ppf(1 - level, methods, math.inf) / math.sqrt(2)
    return float(q * math.sqrt(methods * (methods + 1) / (6 * datasets)))


def cliques(ranks: np.ndarray, difference: float) -> list[list[int]]:
    """The largest sets of methods that do not differ, which a diagram connects by a line; best first.

    Args:
        ranks: (methods,) average ranks.
        difference: the critical one.

    Returns:
        For each set of two or more, its methods from the best to the worst; none is contained in another.
    """
    order = [int(method) for method in np.argsort(ranks, kind="stable")]
    found: list[list[int]] = []
    end = 0
    for start in range(len(order)):
        same = [
            position
            for position in range(start, len(order))
            if ranks[order[position]] - ranks[order[start]] < difference
        ]
        if len(same) > 1 and same[-1] >= end:
            found.append([order[position] for position in same])
            end = same[-1] + 1
    return found


def _ranks(scores: np.ndarray, larger_is_better: bool) -> np.ndarray:
    from scipy.stats import rankdata

    assert scores.ndim == 2 and scores.size and not np.isnan(scores).any()
    return np.asarray(rankdata(-scores if larger_is_better else scores, axis=1))


def _between(ranks: np.ndarray) -> np.ndarray:
    """How far the methods' average ranks are apart: (..., datasets, methods) -> (...)."""
    methods = ranks.shape[-1]
    return np.asarray(ranks.shape[-2] * ((ranks.mean(axis=-2) - (methods + 1) / 2) ** 2).sum(axis=-1))
