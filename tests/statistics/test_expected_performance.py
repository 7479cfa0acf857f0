"""Expected performance against all subsets and closed forms."""

import itertools

import numpy as np
import pytest

from tunesmith.statistics.expected_performance import expected_best


def test_without_replacement_equals_the_best_of_all_subsets():
    scores = np.array([0.5, 0.9, 0.7, 0.7, 0.1, 0.8])
    for larger, best in ((True, max), (False, min)):
        found = expected_best(scores, larger_is_better=larger)
        for trials in range(1, 7):
            bests = [best(chosen) for chosen in itertools.combinations(scores, trials)]
            assert found.mean[trials - 1] == pytest.approx(np.mean(bests))
            assert found.deviation[trials - 1] == pytest.approx(np.std(bests), abs=1e-9)


def test_ten_thousand_trials_equal_the_closed_form():
    count = 10_000
    found = expected_best(np.random.default_rng(0).permutation(np.arange(1.0, count + 1)), larger_is_better=True)
    trials = np.arange(1, count + 1)
    assert found.mean == pytest.approx(trials * (count + 1) / (trials + 1), rel=1e-9)
    variance = trials * (count - trials) * (count + 1) / ((trials + 1) ** 2 * (trials + 2))
    assert found.deviation == pytest.approx(np.sqrt(variance), rel=1e-5, abs=1e-3)


def test_the_estimate_is_right_on_average():
    samples = np.random.default_rng(1).random((4000, 6))  # the best of n uniform scores is n / (n + 1)
    unbiased = np.mean([expected_best(scores, larger_is_better=True).mean for scores in samples], axis=0)
    truth = np.arange(1, 7) / np.arange(2, 8)
    assert unbiased == pytest.approx(truth, abs=0.01)


@pytest.mark.parametrize("larger,worst", [(True, 0.1), (False, 0.9)])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_trials_that_are_not_finite_count_as_the_worst(larger, worst, wrong):
    found = expected_best(np.array([0.5, wrong, 0.9, 0.1]), larger_is_better=larger)
    expected = expected_best(np.array([0.5, worst, 0.9, 0.1]), larger_is_better=larger)
    assert found.mean.tolist() == expected.mean.tolist() and found.deviation.tolist() == expected.deviation.tolist()


def test_one_trial_none_and_none_finite():
    assert expected_best(np.array([0.5]), larger_is_better=True).mean.tolist() == [0.5]
    assert expected_best(np.array([]), larger_is_better=True).mean.tolist() == []
    assert np.isnan(expected_best(np.array([np.nan, np.nan]), larger_is_better=True).mean).all()
