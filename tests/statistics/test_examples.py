"""Tests over examples against SciPy, statsmodels, scikit-learn, every swap and a plain bootstrap."""

from itertools import product

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import bootstrap, norm, permutation_test
from statsmodels.stats.contingency_tables import mcnemar as expected_mcnemar

from tunesmith.statistics.examples import mcnemar, paired_bootstrap, randomisation
from tunesmith.statistics.summed_scores import f1, macro_f1, share


def test_1000_random_mcnemar_tests_equal_statsmodels():
    generator = np.random.default_rng(0)
    for _ in range(1000):
        first, second = generator.random((2, generator.integers(1, 40))) < generator.random((2, 1))
        table = [[(first & second).sum(), (first & ~second).sum()], [(~first & second).sum(), (~first & ~second).sum()]]
        assert mcnemar(first, second) == pytest.approx(expected_mcnemar(table, exact=True).pvalue)


def test_runs_that_are_right_on_the_same_examples():
    right = np.array([True, False, True])
    assert mcnemar(right, right) == mcnemar(right[:0], right[:0]) == 1


def made(generator, examples, rates, *, positives=0.4):
    """The gold labels of a binary task, and predictions that are right with some rates."""
    gold = generator.random(examples) < positives
    return gold, [np.where(generator.random(examples) < rate, gold, ~gold) for rate in rates]


def counted(gold, guess):
    return np.stack([gold & guess, guess, gold], axis=1).astype(np.int8)


def f1_of(gold, guess):
    return 2 * (gold & guess).sum() / (gold.sum() + guess.sum())


def test_the_paired_bootstrap_equals_a_plain_one():
    generator = np.random.default_rng(2)
    gold, guesses = made(generator, 200, (0.85, 0.8, 0.78, 0.75))
    runs = [counted(gold, guess) for guess in guesses]
    (found,) = paired_bootstrap([runs[:2]], runs[2:], f1)

    def difference(chosen):
        scores = [f1_of(gold[chosen], guess[chosen]) for guess in guesses]
        return (scores[0] + scores[1] - scores[2] - scores[3]) / 2

    assert found.difference == pytest.approx(difference(np.arange(200)))
    drawn = np.array([difference(generator.integers(0, 200, 200)) for _ in range(4000)])
    expected = (np.abs(drawn - found.difference) >= abs(found.difference)).mean()
    assert found.p == pytest.approx(expected, abs=0.03)
    assert (found.low, found.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)
    assert [found] == paired_bootstrap([runs[:2]], runs[2:], f1)
    assert paired_bootstrap([runs[2:]], runs[:2], f1)[0].difference == -found.difference


def test_the_interval_equals_scipys():
    generator = np.random.default_rng(3)
    scores = generator.random((2, 150))  # such as F1 of answers
    runs = [np.stack([values, np.ones(150)], axis=1) for values in scores]
    (found,) = paired_bootstrap([runs[:1]], runs[1:], share)
    expected = bootstrap((scores[0] - scores[1],), np.mean, method="percentile", n_resamples=20_000, rng=0)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval), abs=0.003)


def test_the_bootstrap_of_accuracy_approaches_the_normal_test():
    generator = np.random.default_rng(3)
    right = generator.random((2, 1000)) < np.array([[0.82], [0.79]])
    counts = np.stack([right, np.ones_like(right)], axis=-1)
    (found,) = paired_bootstrap([counts[:1]], counts[1:], share)
    difference = right[0].astype(float) - right[1]
    expected = 2 * norm.sf(abs(difference.mean()) / (difference.std() / np.sqrt(1000)))
    assert found.p == pytest.approx(expected, abs=0.02)


def test_randomisation_of_accuracy_is_mcnemars_test():
    generator = np.random.default_rng(4)
    for examples, rates in ((40, (0.9, 0.7)), (300, (0.85, 0.8)), (300, (0.8, 0.8))):
        right = [generator.random(examples) < rate for rate in rates]
        counts = [np.stack([each, np.ones(examples, dtype=bool)], axis=1) for each in right]
        assert randomisation([counts[:1]], counts[1:], share)[0] == pytest.approx(mcnemar(*right), abs=0.02)


def test_randomisation_of_f1_equals_every_swap():
    generator = np.random.default_rng(5)
    gold, guesses = made(generator, 10, (0.9, 0.5, 0.95, 0.55))
    gold[0] = True
    runs = [counted(gold, guess) for guess in guesses]

    def exact(groups):
        """The p of all 1,024 ways to change sides; each run of a group with each of the other, or with its own partner."""
        (ours, theirs), seen = groups, []
        pairs = list(zip(*groups, strict=True)) if len(ours) == len(theirs) else list(product(*groups))
        for sides in product([False, True], repeat=10):
            swapped = [
                (np.where(sides, guesses[b], guesses[a]), np.where(sides, guesses[a], guesses[b])) for a, b in pairs
            ]
            seen.append(np.mean([f1_of(gold, first) - f1_of(gold, second) for first, second in swapped]))
        return np.mean(np.abs(seen) >= abs(seen[0]) - 1e-12)

    for ours, theirs in (([0], [1]), ([0, 2], [1, 3]), ([0, 2], [1])):
        (found,) = randomisation([[runs[a] for a in ours]], [runs[b] for b in theirs], f1)
        assert found == pytest.approx(exact((ours, theirs)), abs=0.02)


def test_randomisation_of_means_equals_scipys_permutation_test():
    generator = np.random.default_rng(6)
    scores = np.clip(generator.normal([[0.62], [0.55]], 0.3, (2, 80)), 0, 1)
    runs = [np.stack([values, np.ones(80)], axis=1) for values in scores]
    expected = permutation_test(
        tuple(scores), lambda a, b: a.mean() - b.mean(), permutation_type="samples", n_resamples=9999, rng=0
    )
    assert randomisation([runs[:1]], runs[1:], share)[0] == pytest.approx(expected.pvalue, abs=0.02)


def test_equal_runs_have_p_1():
    counts = np.array([[[1, 1], [0, 1], [1, 1]]])
    (found,) = paired_bootstrap([counts], counts, share)
    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)
    assert randomisation([counts], counts, share) == [1]


def test_several_groups_are_tested_as_each_alone():
    gold, guesses = made(np.random.default_rng(7), 300, (0.9, 0.85, 0.8, 0.75))
    base, first, *second = ([counted(gold, guess)] for guess in guesses)
    second = [run for group in second for run in group]
    for test in (paired_bootstrap, randomisation):
        assert test([first, second], base, f1) == [*test([first], base, f1), *test([second], base, f1)]


def test_sparse_counts_give_what_dense_ones_give():
    runs = np.random.default_rng(8).integers(0, 2, (3, 60, 9))
    sparse = [csr_array(run) for run in runs]
    assert paired_bootstrap([runs[:2]], runs[2:], macro_f1) == paired_bootstrap([sparse[:2]], sparse[2:], macro_f1)
    assert randomisation([runs[:2]], runs[2:], macro_f1) == randomisation([sparse[:2]], sparse[2:], macro_f1)


def test_sums_that_single_precision_cannot_hold_are_exact():
    run = np.array([[2**24 + 1, 2**25], [1, 2**25], [1, 2**25]])
    (found,) = paired_bootstrap([[run]], [run + np.array([1, 0])], share)
    assert found.difference == pytest.approx(-3 / (3 * 2**25), rel=1e-6)


def test_many_examples_get_fewer_samples_and_no_more_memory():
    import tracemalloc

    right = np.random.default_rng(9).random((2, 100_000)) < np.array([[0.8], [0.79]])
    counts = np.stack([right, np.ones_like(right)], axis=-1)
    tracemalloc.start()
    (p,) = randomisation([counts[:1]], counts[1:], share)
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()
    assert p == pytest.approx(mcnemar(*right), abs=0.02) and round(p * 1001) == pytest.approx(p * 1001)
