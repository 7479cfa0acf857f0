"""Tests over examples against SciPy, statsmodels, seqeval's formula and a plain bootstrap."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import f1_score
from statsmodels.stats.contingency_tables import mcnemar as expected_mcnemar

from tunesmith.statistics.examples import accuracy, f1, macro_f1, mcnemar, paired_bootstrap


def test_1000_random_mcnemar_tests_equal_statsmodels():
    generator = np.random.default_rng(0)
    for _ in range(1000):
        first, second = generator.random((2, generator.integers(1, 40))) < generator.random((2, 1))
        table = [[(first & second).sum(), (first & ~second).sum()], [(~first & second).sum(), (~first & ~second).sum()]]
        assert mcnemar(first, second) == pytest.approx(expected_mcnemar(table, exact=True).pvalue)


def test_runs_that_are_right_on_the_same_examples():
    right = np.array([True, False, True])
    assert mcnemar(right, right) == mcnemar(right[:0], right[:0]) == 1


def classification_counts(targets, predictions, classes):
    """Of each example, true positives, false positives and false negatives of each class."""
    one_hot = [np.eye(classes)[labels] for labels in (targets, predictions)]
    kinds = one_hot[0] * one_hot[1], one_hot[1] * (1 - one_hot[0]), one_hot[0] * (1 - one_hot[1])
    return np.stack(kinds, axis=-1).reshape(len(targets), -1)


def test_scores_of_summed_counts_equal_scikit_learn():
    generator = np.random.default_rng(1)
    targets, predictions = generator.integers(0, 3, (2, 60))
    counts = classification_counts(targets, predictions, 3)
    assert macro_f1(counts.sum(axis=0)) == pytest.approx(f1_score(targets, predictions, average="macro"))
    positive = counts[:, 3:6].sum(axis=0)
    assert f1(positive) == pytest.approx(f1_score(targets == 1, predictions == 1))
    assert f1(np.zeros(3)) == accuracy(np.zeros(2)) == 0
    assert accuracy(np.array([3, 4])) == 0.75


def test_the_paired_bootstrap_equals_a_plain_one():
    generator = np.random.default_rng(2)
    targets = generator.integers(0, 2, 200)
    runs = [np.where(generator.random(200) < right, targets, 1 - targets) for right in (0.85, 0.8, 0.78, 0.75)]
    first, second = (
        np.stack([classification_counts(targets, run, 2)[:, 3:] for run in some]) for some in (runs[:2], runs[2:])
    )
    found = paired_bootstrap(first, second, f1)

    def difference(chosen):
        target, guesses = targets[chosen], [run[chosen] for run in runs]
        scores = [2 * (target & run).sum() / (target.sum() + run.sum()) for run in guesses]
        return (scores[0] + scores[1] - scores[2] - scores[3]) / 2

    assert found.difference == pytest.approx(difference(np.arange(200)))
    drawn = np.array([difference(generator.integers(0, 200, 200)) for _ in range(4000)])
    expected = (np.abs(drawn - found.difference) >= abs(found.difference)).mean()
    assert found.p == pytest.approx(expected, abs=0.03)
    assert (found.low, found.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)
    assert found == paired_bootstrap(first, second, f1)
    assert paired_bootstrap(second, first, f1).difference == -found.difference


def test_the_paired_bootstrap_of_accuracy_approaches_the_normal_test():
    generator = np.random.default_rng(3)
    right = generator.random((2, 1000)) < np.array([[0.82], [0.79]])
    counts = np.stack([right, np.ones_like(right)], axis=-1)
    found = paired_bootstrap(counts[:1], counts[1:], accuracy)
    difference = right[0].astype(float) - right[1]
    expected = 2 * norm.sf(abs(difference.mean()) / (difference.std() / np.sqrt(1000)))
    assert found.p == pytest.approx(expected, abs=0.02)


def test_equal_runs_have_p_1():
    counts = np.array([[[1, 1], [0, 1], [1, 1]]])
    found = paired_bootstrap(counts, counts, accuracy)
    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_many_sorts_of_examples_are_drawn_in_parts(monkeypatch):
    generator = np.random.default_rng(4)
    first, second = generator.integers(0, 9, (2, 2, 50, 3))
    whole = paired_bootstrap(first, second, f1)
    monkeypatch.setattr("tunesmith.statistics.examples._CELLS", 50_000)
    assert paired_bootstrap(first, second, f1) == whole
