"""Whether two runs differ on the examples of a test set: McNemar's test for accuracy, the paired bootstrap for any score.

McNemar (1947), with the exact binomial distribution; the paired bootstrap as Berg-Kirkpatrick, Burkett & Klein (2012) and
Dror et al. (2018) use it. Both say what would happen on other examples with these very runs: that other seeds would show the
same difference is for `paired_tests` to say.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_SAMPLES = 10_000
_SEED = 0
_CELLS = 5_000_000  # of resampled numbers in memory at a time

Statistic = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Resampled:
    """The outcome of a paired bootstrap.

    Attributes:
        difference: the first's score minus the second's, of means over the runs.
        low: of its 95 % interval.
        high: of its 95 % interval.
        p: two-sided.
    """

    difference: float
    low: float
    high: float
    p: float


def mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """The exact two-sided p of McNemar's test: a binomial test of the examples that only one of two runs has right.

    1 if the runs are right on the same examples, or without any.

    Args:
        first: (examples,) whether a run is right.
        second: (examples,) whether another is right on the same example.
    """
    from scipy.special import bdtr

    assert first.shape == second.shape and first.dtype == second.dtype == bool
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    return min(1.0, 2 * float(bdtr(min(only_first, only_second), only_first + only_second, 0.5)))


def accuracy(counts: np.ndarray) -> np.ndarray:
    """The accuracy of summed counts (..., 2) of right and all examples; 0 without any."""
    return _ratio(counts[..., 0], counts[..., 1])


def f1(counts: np.ndarray) -> np.ndarray:
    """F1 of summed counts (..., 3) of true positives, false positives and false negatives; 0 without any.

    Of entities it is seqeval's micro average, of a binary task that of the positive class.
    """
    true, false, missed = (counts[..., kind] for kind in range(3))
    return _ratio(2 * true, 2 * true + false + missed)


def macro_f1(counts: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes of summed counts (..., 3 * classes), three for each class as in `f1`."""
    return f1(counts.reshape(*counts.shape[:-1], -1, 3)).mean(axis=-1)


def paired_bootstrap(first: np.ndarray, second: np.ndarray, statistic: Statistic) -> Resampled:
    """The paired bootstrap over examples, between two runs or two groups of runs, whose scores are averaged.

    10,000 test sets are drawn from the examples with a fixed seed, the same for all runs. p is the share of them whose
    difference is as far from the observed one as that is from 0, `|resampled - observed| >= |observed|`, which is two-sided and
    counts the observed set among them; 1 where the scores are equal. The interval is that of percentiles. With fewer than
    about 50 examples, or 10 on which the runs differ, the resampled differences vary too little, and p is too small.

    Args:
        first: (runs, examples, kinds) counts of each example, such as 1 and 1 for one that is right.
        second: (other runs, examples, kinds) counts of the same examples.
        statistic: scores of summed counts, (..., kinds) -> (...).
    """
    assert first.ndim == second.ndim == 3 and first.shape[1:] == second.shape[1:] and first.shape[1]
    runs, (_, examples, kinds) = len(first), first.shape
    columns = np.concatenate([first, second]).transpose(1, 0, 2).reshape(examples, -1).astype(np.float64)
    # Examples with the same counts in all runs are exchangeable: it is enough to draw how many of each sort there are.
    sorts, sizes = np.unique(columns, axis=0, return_counts=True)

    def differences(drawn: np.ndarray) -> np.ndarray:
        scores = statistic((drawn @ sorts).reshape(len(drawn), -1, kinds))  # (samples, runs)
        return scores[:, :runs].mean(axis=1) - scores[:, runs:].mean(axis=1)

    observed = float(differences(sizes[None].astype(np.float64))[0])
    generator = np.random.default_rng(_SEED)
    at_a_time = max(1, _CELLS // max(len(sorts), sorts.shape[1]))
    resampled = np.concatenate(
        [
            differences(
                generator.multinomial(examples, sizes / examples, min(at_a_time, _SAMPLES - start)).astype(float)
            )
            for start in range(0, _SAMPLES, at_a_time)
        ]
    )
    as_far = int((np.abs(resampled - observed) >= abs(observed) - 1e-12).sum())
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Resampled(observed, float(low), float(high), (1 + as_far) / (1 + _SAMPLES))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole > 0)
