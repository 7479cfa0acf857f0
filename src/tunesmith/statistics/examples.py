"""Whether models differ on the examples of a test set: McNemar's test, approximate randomisation and the paired bootstrap.

McNemar (1947), with the exact binomial distribution; approximate randomisation as in Noreen (1989) and Yeh (2000), the paired
bootstrap as in Berg-Kirkpatrick, Burkett & Klein (2012); Dror et al. (2018) on which to use when. They say what would happen on
other examples with these very models: that other seeds would show the same difference is for `paired_tests` to say.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tunesmith.statistics.summed_scores import Statistic

SAMPLES = 5000
_FEWEST, _DRAWS = 1000, 100_000_000  # samples, and draws of an example in all of them
_SEED = 0
_CELLS = 2_000_000  # numbers drawn at a time

Counts = Any  # (examples, kinds) of one run, a NumPy array or a sparse one of SciPy: `summed_scores` says which kinds
Runs = Sequence[Counts]  # a group of runs, whose scores are averaged


@dataclass(frozen=True)
class Bootstrapped:
    """The outcome of a paired bootstrap.

    Attributes:
        difference: the group's mean score minus the baseline's.
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


def paired_bootstrap(
    groups: Sequence[Runs], baseline: Runs, statistic: Statistic, *, samples: int = SAMPLES
) -> list[Bootstrapped]:
    """The paired bootstrap over examples, of each group of runs against the baseline.

    Test sets are drawn from the examples with a fixed seed, the same for all runs: 5,000, and fewer, at least 1,000, of more than
    20,000 examples. The interval is that of percentiles. p is the share of the samples whose difference is as far from the
    observed one as that is from 0, `|resampled - observed| >= |observed|`, the observed set counted among them; 1 where the
    scores are equal.

    Args:
        groups: each of one or more runs.
        baseline: likewise, on the same examples.
        statistic: scores of summed counts.
        samples: at most.
    """
    columns, sizes = _stacked(groups, baseline)
    examples = columns.shape[0]

    def differences(drawn: np.ndarray) -> np.ndarray:  # (groups, samples)
        means = _means(statistic(_sums(drawn, columns, sum(sizes))), sizes)
        return means[1:] - means[0]

    observed = differences(np.ones((1, examples), dtype=np.int8))[:, 0]
    drawn = _drawn(examples, columns.shape[1], samples, _resampled)
    resampled = np.concatenate([differences(some) for some in drawn], axis=1)
    found = []
    for difference, values in zip(observed.tolist(), resampled, strict=True):
        low, high = np.quantile(values, [0.025, 0.975]).tolist()
        found.append(Bootstrapped(difference, low, high, _share(np.abs(values - difference), abs(difference))))
    return found


def randomisation(
    groups: Sequence[Runs], baseline: Runs, statistic: Statistic, *, samples: int = SAMPLES
) -> list[float]:
    """The two-sided p of approximate randomisation, of each group of runs against the baseline.

    In each sample, every example's predictions change sides with probability 1/2, those of all runs at once; p is the share of the
    samples with as large an absolute difference of the mean scores, the observed one counted among them. The runs of two groups
    of equal size change sides in pairs, in their order; of other groups, each run with each, and the differences are averaged.

    Args:
        groups: each of one or more runs.
        baseline: likewise, on the same examples.
        statistic: scores of summed counts.
        samples: at most; fewer of more than 20,000 examples, as in `paired_bootstrap`.
    """
    columns, sizes = _stacked(groups, baseline)
    examples, runs = columns.shape[0], sum(sizes)
    totals = _sums(np.ones((1, examples), dtype=np.int8), columns, runs)[0]  # (runs, kinds)
    means = _means(statistic(totals[None]), sizes)[:, 0]
    ends = np.cumsum(sizes)
    pairs = [
        list(zip(ours, range(sizes[0]), strict=True) if len(ours) == sizes[0] else product(ours, range(sizes[0])))
        for ours in (range(end - size, end) for size, end in zip(sizes[1:], ends[1:].tolist(), strict=True))
    ]
    randomised: list[list[np.ndarray]] = [[] for _ in groups]
    for drawn in _drawn(examples, columns.shape[1], samples, _sides):
        moved = _sums(drawn, columns, runs)  # (samples, runs, kinds), of the examples that change sides
        for found, sides in zip(randomised, pairs, strict=True):
            differences = np.zeros(len(drawn))
            for ours, theirs in sides:
                change = moved[:, theirs] - moved[:, ours]
                differences += statistic(totals[ours] + change) - statistic(totals[theirs] - change)
            found.append(differences / len(sides))
    return [
        _share(np.abs(np.concatenate(found)), abs(float(difference)))
        for found, difference in zip(randomised, means[1:] - means[0], strict=True)
    ]


def _stacked(groups: Sequence[Runs], baseline: Runs) -> tuple[Counts, list[int]]:
    """(examples, runs * kinds) the counts of the baseline's runs and of the groups', and the number of runs of each."""
    runs = [run for group in (baseline, *groups) for run in group]
    sizes = [len(group) for group in (baseline, *groups)]
    assert all(sizes) and runs[0].shape[0] and len({run.shape for run in runs}) == 1
    # Sums of integers below 2 ** 24 are exact in single precision, which is twice as fast.
    integers = all(run.dtype.kind in "bui" and run.shape[0] * int(run.max()) < 2**24 for run in runs)
    dtype = np.float32 if integers else np.float64
    if isinstance(runs[0], np.ndarray):
        return np.concatenate(runs, axis=1, dtype=dtype), sizes
    from scipy.sparse import hstack

    return hstack(runs, format="csr").astype(dtype), sizes


def _sums(drawn: np.ndarray, columns: Counts, runs: int) -> np.ndarray:
    """(samples, runs, kinds) the counts of each run, summed over the examples of each sample."""
    return np.asarray(drawn.astype(columns.dtype, copy=False) @ columns, dtype=np.float64).reshape(len(drawn), runs, -1)


def _means(scores: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """(groups, samples) the mean score of each group, of scores (samples, runs)."""
    ends = np.cumsum(sizes)
    return np.stack([scores[:, end - size : end].mean(axis=1) for size, end in zip(sizes, ends, strict=True)])


def _share(values: np.ndarray, observed: float) -> float:
    """The share of values that are as large as the observed one, which is one of them."""
    return float(1 + (values >= observed - 1e-12).sum()) / (1 + len(values))


def _drawn(
    examples: int, columns: int, samples: int, draw: Callable[[np.random.Generator, int, int], np.ndarray]
) -> Iterator[np.ndarray]:
    """(samples, examples) how often each sample has each example, some samples at a time."""
    samples = min(samples, max(_FEWEST, _DRAWS // examples))
    generator = np.random.default_rng(_SEED)
    at_a_time = max(1, _CELLS // max(examples, columns))
    for start in range(0, samples, at_a_time):
        yield draw(generator, min(at_a_time, samples - start), examples)


def _resampled(generator: np.random.Generator, samples: int, examples: int) -> np.ndarray:
    """Test sets of the same size, drawn with replacement."""
    counts = np.empty((samples, examples), dtype=np.float32)
    for row, chosen in zip(counts, generator.integers(0, examples, (samples, examples)), strict=True):
        row[:] = np.bincount(chosen, minlength=examples)
    return counts


def _sides(generator: np.random.Generator, samples: int, examples: int) -> np.ndarray:
    """Which examples change sides, each with probability 1/2."""
    return generator.integers(0, 2, (samples, examples), dtype=np.int8)
