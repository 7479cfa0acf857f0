"""Ranks over datasets against SciPy and the worked example of Demšar (2006)."""

import itertools

import numpy as np
import pytest
from scipy import stats

from tunesmith.statistics.ranks import average_ranks, cliques, critical_difference, friedman

# Table 6 of the paper: area under the ROC curve of C4.5, C4.5+m, C4.5+cf and C4.5+m+cf on 14 datasets.
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.97501, 0.975],  # a tie as printed, but the paper ranks them 2 and 3
        [0.957, 0.978, 0.946, 0.970],
    ]
)


def test_the_worked_example_of_demsar():
    ranks = average_ranks(DEMSAR, larger_is_better=True)
    assert ranks == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    assert 12 * 14 / (4 * 5) * ((ranks**2).sum() - 4 * 25 / 4) == pytest.approx(
        9.28, abs=0.005
    )  # not corrected for ties
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)
    assert critical_difference(4, 14, level=0.1) == pytest.approx(1.12, abs=0.005)
    assert cliques(ranks, critical_difference(4, 14)) == [[3, 1, 2, 0]]
    assert cliques(ranks, critical_difference(4, 14, level=0.1)) == [[3, 1, 2], [2, 0]]


@pytest.mark.parametrize("methods,q", [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)])
def test_the_critical_values_of_demsars_table_5(methods, q):
    assert critical_difference(methods, 6) == pytest.approx(q * np.sqrt(methods * (methods + 1) / 36), abs=1e-3)


def test_random_friedman_tests_with_ties_equal_scipy():
    generator = np.random.default_rng(0)
    for _ in range(100):
        scores = generator.integers(0, 5, (generator.integers(2, 12), generator.integers(3, 6))) / 5
        if not (np.ptp(scores, axis=1) > 0).any():
            continue
        expected = stats.friedmanchisquare(*scores.T)
        found = friedman(scores)
        assert found.chi_square == pytest.approx(expected.statistic)
        assert found.p_chi_square == pytest.approx(expected.pvalue)
        datasets, methods = scores.shape
        if np.isfinite(found.f):
            f = (datasets - 1) * expected.statistic / (datasets * (methods - 1) - expected.statistic)
            assert found.f == pytest.approx(f)
            assert found.p_f == pytest.approx(stats.f.sf(f, methods - 1, (methods - 1) * (datasets - 1)))


def test_p_by_all_orders_of_three_methods_on_three_datasets():
    scores = np.array([[3, 1, 2], [3, 2, 1], [2, 1, 3]])

    def spread(rows):
        return np.var(np.sum(rows, axis=0))

    orders = itertools.product(itertools.permutations([1, 2, 3]), repeat=3)
    expected = np.mean([spread(rows) >= spread(scores) - 1e-9 for rows in orders])
    assert friedman(scores).p == pytest.approx(expected, abs=0.02)


def test_few_datasets_that_agree_are_no_proof():
    found = friedman(np.array([[3, 2, 1], [30, 20, 10]]))
    assert found.f == np.inf and found.p_f == 0 and found.p == pytest.approx(1 / 6, abs=0.015)
    assert friedman(np.array([[3, 2, 1]])).p == pytest.approx(1, abs=1e-3)


def test_methods_that_are_equal_everywhere():
    assert average_ranks(np.ones((4, 3)), larger_is_better=True) == pytest.approx([2, 2, 2])
    assert friedman(np.ones((4, 3))).p == 1


def test_the_smallest_is_best_where_smaller_is_better():
    scores = np.array([[0.1, 0.3, 0.2]])
    assert average_ranks(scores, larger_is_better=False).tolist() == [1, 3, 2]
    assert average_ranks(scores, larger_is_better=True).tolist() == [3, 1, 2]


def test_scores_without_a_number_cannot_be_ranked():
    with pytest.raises(AssertionError):
        average_ranks(np.array([[0.1, np.nan]]), larger_is_better=True)


def test_cliques_overlap_and_contain_no_other():
    ranks = np.array([1.0, 4.0, 1.5, 2.4, 4.1])
    assert cliques(ranks, 1.0) == [[0, 2], [2, 3], [1, 4]]
    assert cliques(ranks, 10.0) == [[0, 2, 3, 1, 4]]
    assert cliques(ranks, 0.05) == []
