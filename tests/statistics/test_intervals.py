"""Intervals against SciPy and statsmodels, and how often they cover the truth."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from tunesmith.statistics.intervals import bootstrap_interval, t_interval, welch_interval


def test_1000_random_t_intervals_equal_scipy_and_statsmodels():
    generator = np.random.default_rng(0)
    for _ in range(1000):
        first, second = (generator.normal(0.8, 0.1, generator.integers(2, 9)) for _ in range(2))
        expected = stats.t.interval(0.95, len(first) - 1, first.mean(), stats.sem(first))
        assert t_interval(first) == pytest.approx(expected)
        expected = CompareMeans(DescrStatsW(first), DescrStatsW(second)).tconfint_diff(usevar="unequal")
        assert welch_interval(first, second) == pytest.approx(expected)


@pytest.mark.parametrize("draw,mean", [(np.random.Generator.normal, 0.0), (np.random.Generator.exponential, 1.0)])
def test_the_bootstrap_covers_the_mean_as_often_as_it_says(draw, mean):
    generator = np.random.default_rng(1)
    found = [bootstrap_interval(draw(generator, size=10)) for _ in range(500)]
    covered = np.mean([low <= mean <= high for low, high in found])
    assert 0.95 - 3 * 0.0097 <= covered <= 0.98  # 0.0097 is the error of the simulation


def test_the_bootstrap_is_scipys_idea_of_a_resampled_t():
    scores = np.random.default_rng(2).normal(0.8, 0.05, 40)
    low, high = bootstrap_interval(scores)
    expected = stats.bootstrap((scores,), np.mean, method="BCa", rng=0).confidence_interval
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=0.15 * (high - low))
    assert bootstrap_interval(scores) == (low, high)


def test_no_interval_from_too_few_scores_equal_scores_or_nan():
    equal, few, wrong = np.full(9, 0.1 + 0.2), np.array([0.5]), np.array([0.5, np.nan] * 6)
    for interval in (t_interval, bootstrap_interval):
        assert interval(equal) is interval(few) is interval(wrong) is interval(few[:0]) is None
    assert welch_interval(equal, equal + 1) is welch_interval(few, equal) is welch_interval(wrong, wrong) is None
    assert welch_interval(equal, np.array([0.1, 0.2])) is not None
    assert bootstrap_interval(np.arange(7.0)) is None and bootstrap_interval(np.arange(8.0)) is not None


def test_no_bootstrap_where_most_samples_do_not_vary():
    assert bootstrap_interval(np.array([0.9] * 9 + [0.5])) is None
