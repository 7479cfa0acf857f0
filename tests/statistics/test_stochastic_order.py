"""Almost stochastic order against a fine grid, and against deepsig 1.2.8, an implementation of Dror et al. (2019)."""

import numpy as np
import pytest

from tunesmith.statistics.stochastic_order import violation_bound, violation_ratio

WIDE = np.array([0.70, 0.75, 0.80, 0.85, 0.90, 0.95])
NARROW = np.array([0.74, 0.76, 0.78, 0.80, 0.82, 0.84])
OTHER = np.array([0.72, 0.77, 0.83, 0.88])


def on_a_grid(first, second, steps=120_000):
    """The violation ratio by numerical integration of the empirical quantile functions."""
    positions = (np.arange(steps) + 0.5) / steps
    first, second = (np.quantile(scores, positions, method="inverted_cdf") for scores in (first, second))
    difference = first - second
    return (difference**2)[difference < 0].sum() / (difference**2).sum()


def test_random_violation_ratios_equal_numerical_integration():
    generator = np.random.default_rng(0)
    for _ in range(30):
        first, second = (generator.normal(0, 1, generator.integers(1, 9)) for _ in range(2))
        assert violation_ratio(first, second) == pytest.approx(on_a_grid(first, second), abs=1e-4)
        assert violation_ratio(first, second) + violation_ratio(second, first) == pytest.approx(1)


def test_ratios_of_deepsig():  # compute_violation_ratio(..., dt=1e-4)
    assert violation_ratio(WIDE, NARROW) == pytest.approx(0.07354, abs=5e-4)
    assert violation_ratio(WIDE, OTHER) == pytest.approx(0.06056, abs=5e-4)
    assert violation_ratio(OTHER, WIDE) == pytest.approx(0.93942, abs=5e-4)


def test_bounds_of_deepsig():  # aso(..., seed=0 and 1000, num_bootstrap_iterations=1000)
    assert violation_bound(WIDE, NARROW) == pytest.approx(np.mean([0.48524, 0.52674]), abs=0.04)
    assert violation_bound(WIDE, OTHER) == pytest.approx(np.mean([0.62105, 0.62750]), abs=0.04)
    assert violation_bound(WIDE, NARROW) == violation_bound(WIDE, NARROW)


def test_dominance_and_equality():
    assert violation_ratio(WIDE + 1, WIDE) == 0 and violation_ratio(WIDE, WIDE + 1) == 1
    assert violation_bound(WIDE + 1, WIDE) == 0 and violation_bound(WIDE, WIDE + 1) == 1
    assert violation_ratio(WIDE, WIDE[::-1]) == 0.5
    assert violation_bound(np.full(3, 0.5), np.full(4, 0.5)) == 0.5


def test_no_bound_of_one_score_or_of_one_that_is_not_finite():
    assert violation_bound(WIDE[:1], WIDE) is violation_bound(WIDE, np.array([0.5, np.nan])) is None
