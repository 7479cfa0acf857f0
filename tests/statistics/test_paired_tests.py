"""Tests of two methods against SciPy, and what they do with scores that do not vary."""

import itertools

import numpy as np
import pytest
from scipy import stats

from tunesmith.statistics.paired_tests import paired_t, permutation, sign_flips, welch


def random_pair(generator):
    """Normal, skewed or coarse scores of 3 to 8 seeds, which may be correlated."""
    seeds, kind = int(generator.integers(3, 9)), generator.integers(3)
    draw = (
        lambda: generator.normal(0.8, 0.02, seeds),
        lambda: 1 - generator.exponential(0.05, seeds),
        lambda: generator.binomial(40, 0.9, seeds) / 40,
    )[kind]
    shared = generator.normal(0, 0.03, seeds) if generator.random() < 0.5 and kind < 2 else 0.0
    return draw() + shared, draw() + shared


def test_1000_random_pairs_equal_scipy():
    generator = np.random.default_rng(7)
    for number in range(1000):
        first, second = random_pair(generator)
        if np.ptp(first - second) > 1e-9:
            assert paired_t(first, second) == pytest.approx(stats.ttest_rel(first, second).pvalue, rel=1e-9, abs=1e-15)
        if max(np.ptp(first), np.ptp(second)) > 1e-9:
            expected = stats.ttest_ind(first, second, equal_var=False).pvalue
            assert welch(first, second) == pytest.approx(expected, rel=1e-9, abs=1e-15)
        if number % 50 == 0:

            def mean_difference(x, y, axis):
                return x.mean(axis=axis) - y.mean(axis=axis)

            for ours, kind in ((sign_flips, "samples"), (permutation, "independent")):
                expected = stats.permutation_test(
                    (first, second), mean_difference, permutation_type=kind, vectorized=True, n_resamples=np.inf
                ).pvalue
                assert ours(first, second).p == pytest.approx(expected, rel=1e-9)


def test_all_sign_flips_by_brute_force_with_ties():
    difference = np.array([0.1, 0.1, -0.1, 0.0, 0.3])
    sums = [abs(np.dot(signs, difference)) for signs in itertools.product([1, -1], repeat=5)]
    expected = np.mean([value >= abs(difference.sum()) - 1e-9 for value in sums])
    assert sign_flips(difference, np.zeros(5)).p == pytest.approx(expected)


@pytest.mark.parametrize("pairs,smallest", [(3, 0.25), (5, 0.0625), (6, 0.03125)])
def test_the_smallest_p_of_the_sign_flip_test_is_reached_where_all_agree(pairs, smallest):
    outcome = sign_flips(np.arange(1.0, pairs + 1), np.zeros(pairs))
    assert outcome.p == outcome.smallest == smallest and outcome.exact


@pytest.mark.parametrize("sizes,smallest", [((3, 3), 0.1), ((5, 5), 2 / 252), ((3, 4), 1 / 35)])
def test_the_smallest_p_of_the_permutation_test_is_reached_without_overlap(sizes, smallest):
    outcome = permutation(np.arange(sizes[0]) + 100.0, np.arange(sizes[1]) * 1.0)
    assert outcome.smallest == pytest.approx(smallest)
    assert outcome.p == pytest.approx(smallest if sizes[0] == sizes[1] else outcome.p) and outcome.p >= smallest - 1e-12


@pytest.mark.parametrize("test", [sign_flips, permutation])
def test_many_permutations_are_sampled_with_the_observed_one(test):
    generator = np.random.default_rng(3)
    first, second = generator.normal(0.4, 1, 30), generator.normal(0, 1, 30)
    outcome = test(first, second)
    reference = stats.ttest_rel(first, second) if test is sign_flips else stats.ttest_ind(first, second)
    assert not outcome.exact and outcome == test(first, second)
    assert outcome.p == pytest.approx(reference.pvalue, abs=0.02)
    assert test(first + 100, second).p == outcome.smallest == 1 / 10_001


@pytest.mark.parametrize("test", [paired_t, welch, lambda x, y: sign_flips(x, y).p, lambda x, y: permutation(x, y).p])
def test_equal_scores_have_p_1_and_scores_that_are_not_finite_have_none(test):
    scores = np.array([0.8, 0.9, 0.7])
    assert test(scores, scores) == test(np.full(3, 0.1), np.full(3, 0.1)) == 1
    assert test(np.array([0.1 + 0.2, 0.5, 0.9]), np.array([0.3, 0.5, 0.9])) == 1  # equal but for rounding
    for wrong in (np.nan, np.inf):
        assert np.isnan(test(np.array([0.8, wrong, 0.7]), scores))


def test_a_constant_difference_claims_no_more_than_its_sign():
    scores = np.array([0.7, 0.8, 0.9, 0.6, 0.5])
    assert paired_t(scores + 0.1, scores) == 2**-4  # in floating point the differences are not quite equal
    assert paired_t(scores[:3] + 0.1, scores[:3]) == 0.25
    assert welch(np.full(3, 0.9), np.full(3, 0.8)) == pytest.approx(0.1)
    assert 0 < welch(np.full(3, 0.9), np.array([0.7, 0.8, 0.75])) < 0.05


def test_too_few_scores_have_no_p():
    one = np.array([0.5])
    assert np.isnan(paired_t(one, one + 1)) and np.isnan(welch(one, np.array([1.0, 2.0])))
    assert sign_flips(one, one + 1).p == sign_flips(one, one + 1).smallest == 1
    assert np.isnan(sign_flips(one[:0], one[:0]).p) and np.isnan(permutation(one[:0], one).p)
