"""Scores of summed counts against scikit-learn, on random labels with some that never occur."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tunesmith.statistics.summed_scores import f1, macro_f1, mean_f1, share, weighted_f1


def summed(gold, guess):
    """(3 * labels,) of one-hot or many-hot labels."""
    return np.stack([gold & guess, guess, gold], axis=-1).sum(axis=0).ravel().astype(float)


def test_one_label_per_example():
    generator = np.random.default_rng(0)
    for _ in range(200):
        gold, guess = generator.integers(0, generator.integers(1, 6), (2, 15))
        hot = [np.eye(5, dtype=bool)[labels] for labels in (gold, guess)]
        counts = summed(*hot)
        assert macro_f1(counts) == pytest.approx(f1_score(gold, guess, average="macro", zero_division=0))
        assert weighted_f1(counts) == pytest.approx(f1_score(gold, guess, average="weighted", zero_division=0))
        assert f1(counts[3:6]) == pytest.approx(f1_score(gold == 1, guess == 1, zero_division=0))


def test_any_number_of_labels_per_example():
    generator = np.random.default_rng(1)
    for rate in (0.02, 0.1, 0.5) * 50:
        gold, guess = generator.random((2, 15, 4)) < rate
        counts = summed(gold, guess)
        assert mean_f1(counts) == pytest.approx(f1_score(gold, guess, average="macro", zero_division=0))
        assert weighted_f1(counts) == pytest.approx(f1_score(gold, guess, average="weighted", zero_division=0))


def test_many_samples_at_once_and_nothing_at_all():
    counts = np.random.default_rng(2).integers(0, 9, (3, 4, 6)).astype(float)
    for score, kinds in ((macro_f1, 6), (mean_f1, 6), (weighted_f1, 6), (f1, 3), (share, 2)):
        found = score(counts[..., :kinds])
        assert found.shape == (3, 4) and found[1, 2] == score(counts[1, 2, :kinds])
        assert score(np.zeros(kinds)) == 0
    assert share(np.array([3.0, 4.0])) == 0.75
