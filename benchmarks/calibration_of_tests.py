"""Simulated equal methods: how often each test claims a difference, and how often each interval covers the truth.

    python benchmarks/calibration_of_tests.py [--simulations 2000]

Scores of two methods with the same mean, for 3, 5 and 20 seeds: normal; skewed (exponential, its tail of bad seeds); discrete
(accuracies on 50 examples); some seeds that fail (15 % of them, 0.4 lower); each of them independent, and normal and discrete ones
also correlated by seed. A rate is followed by its simulation error. `best of 5` is how often `indistinguishable` would claim that one of five
equal methods is worse than the best of them. Exits with status 1 if a test that decides (paired t, Welch, best of 5) claims
in more than 5 % and three standard errors. The other columns are reported: intervals from few seeds of skewed scores cover
less than they say, and an almost stochastic order is claimed more often.
"""

import argparse
import math
from collections.abc import Callable

import numpy as np

from tunesmith.statistics import intervals, paired_tests
from tunesmith.statistics.corrections import holm
from tunesmith.statistics.stochastic_order import violation_bound

LEVEL = 0.05
SEEDS = (3, 5, 20)
METHODS = 5
ORDERS = 300  # simulations of the stochastic order and the bootstrap, which are slow

Draw = Callable[[np.random.Generator, int], np.ndarray]


def normal(generator: np.random.Generator, seeds: int) -> np.ndarray:
    return generator.normal(0.8, 0.02, (METHODS, seeds))


def correlated(generator: np.random.Generator, seeds: int) -> np.ndarray:
    return normal(generator, seeds) + generator.normal(0, 0.04, seeds)


def skewed(generator: np.random.Generator, seeds: int) -> np.ndarray:
    return 0.82 - generator.exponential(0.02, (METHODS, seeds))


def discrete(generator: np.random.Generator, seeds: int) -> np.ndarray:
    return generator.binomial(50, 0.9, (METHODS, seeds)) / 50


def correlated_discrete(generator: np.random.Generator, seeds: int) -> np.ndarray:
    return (generator.binomial(47, 0.9, seeds) + generator.binomial(3, 0.9, (METHODS, seeds))) / 50


def failing(generator: np.random.Generator, seeds: int) -> np.ndarray:
    return normal(generator, seeds) - 0.4 * (generator.random((METHODS, seeds)) < 0.15)


SCORES: dict[str, tuple[Draw, float]] = {
    "normal": (normal, 0.8),
    "normal, by seed": (correlated, 0.8),
    "skewed": (skewed, 0.8),
    "discrete": (discrete, 0.9),
    "discrete, by seed": (correlated_discrete, 0.9),
    "failing seeds": (failing, 0.74),
}
DECIDE = ("paired t", "Welch", "best of 5")


def claims_of_best(scores: np.ndarray) -> bool:
    """Whether a method is claimed to be worse than the best of them, as in `tunesmith.report.comparison`."""
    best = int(scores.mean(axis=1).argmax())
    ps = [paired_tests.paired_t(scores[best], other) for place, other in enumerate(scores) if place != best]
    return min(p for p in holm(ps, family=METHODS * (METHODS - 1) // 2) if p is not None) <= LEVEL


def covers(interval: intervals.Interval | None, truth: float) -> float:
    """1 if an interval contains the truth; NaN without an interval."""
    return math.nan if interval is None else float(interval[0] - 1e-12 <= truth <= interval[1] + 1e-12)


def rates(draw: Draw, mean: float, seeds: int, simulations: int) -> dict[str, tuple[float, int]]:
    """For each test, its rate of claims; for each interval, its coverage; and of how many simulations."""
    generator = np.random.default_rng(seeds)
    found: dict[str, list[float]] = {}
    for number in range(simulations):
        scores = draw(generator, seeds)
        first, second = scores[0], scores[1]
        outcomes: dict[str, float] = {
            "paired t": paired_tests.paired_t(first, second) <= LEVEL,
            "Welch": paired_tests.welch(first, second) <= LEVEL,
            "best of 5": claims_of_best(scores),
            "t covers": covers(intervals.t_interval(first), mean),
            "paired covers": covers(intervals.t_interval(first - second), 0.0),
            "Welch covers": covers(intervals.welch_interval(first, second), 0.0),
        }
        if number < ORDERS:
            outcomes |= {
                "sign flips": paired_tests.sign_flips(first, second).p <= LEVEL,
                "permutation": paired_tests.permutation(first, second).p <= LEVEL,
                "order < 0.5": (violation_bound(first, second) or 0.0) < 0.5,
                "order < 0.2": (violation_bound(first, second) or 0.0) < 0.2,
                "bootstrap covers": covers(intervals.bootstrap_interval(first), mean),
            }
        for name, value in outcomes.items():
            if not math.isnan(value):
                found.setdefault(name, []).append(value)
    return {name: (float(np.mean(values)), len(values)) for name, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=2000)
    simulations = parser.parse_args().simulations
    wrong = []
    for seeds in SEEDS:
        for kind, (draw, mean) in SCORES.items():
            found = rates(draw, mean, seeds, simulations)
            print(f"{seeds} seeds, {kind}")
            for name, (rate, count) in found.items():
                error = math.sqrt(max(rate * (1 - rate), 1 / count) / count)
                print(f"    {name:17} {100 * rate:5.1f} % ± {100 * error:.1f}")
                if name in DECIDE and rate > LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / count):
                    wrong.append(f"{name}, {seeds} seeds, {kind}: {100 * rate:.1f} %")
    if wrong:
        raise SystemExit("Claims in more than 5 %: " + "; ".join(wrong))


if __name__ == "__main__":
    main()
