"""Scores equal scipy's and scikit-learn's; residuals are those of the predictions."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as reference

from tests.analyses.tables import part, pictures, texts
from tunesmith.analyses.analysis import analysis
from tunesmith.errors import UserError

DATASET = {"task": "text_classification", "problem": "regression", "text": "text"}


def rows_of(targets, predictions):
    pairs = zip(targets, predictions, strict=True)
    return [{"text": f"text {n}", "label": label, "prediction": found} for n, (label, found) in enumerate(pairs)]


def test_the_scores_equal_scipys():
    targets = np.random.default_rng(0).normal(size=200)
    seeds = [targets + np.random.default_rng(seed).normal(size=200) for seed in (1, 2, 3)]
    section = analysis(DATASET, [rows_of(targets.tolist(), found.tolist()) for found in seeds], split="test")
    (row,) = part(section, "test-scores").rows
    expected = [
        [stats.pearsonr(targets, found)[0] for found in seeds],
        [stats.spearmanr(targets, found)[0] for found in seeds],
        [reference.mean_absolute_error(targets, found) for found in seeds],
        [reference.root_mean_squared_error(targets, found) for found in seeds],
        [np.mean(found - targets) for found in seeds],
    ]
    assert [cell.mean for cell in row] == pytest.approx(np.mean(expected, axis=1))
    assert [cell.deviation for cell in row] == pytest.approx(np.std(expected, axis=1, ddof=1))
    left, right = pictures(section)["test-residuals"].figure.axes
    assert len(left.collections[0].get_offsets()) == 600
    assert sum(bar.get_height() for bar in right.patches) == 600
    worst = part(section, "test-worst").rows
    largest = np.abs(np.array(seeds) - targets).max(0)
    assert [abs(row[3]) for row in worst] == pytest.approx(sorted(largest, reverse=True)[:20])


def test_predictions_that_are_not_numbers_are_reported():
    section = analysis(DATASET, [rows_of([0.5, 1.0, 2.0], [None, 1.5, 2.0])], split="test")
    assert "1 predictions that are not numbers are left out" in pictures(section)["test-residuals"].caption
    assert np.isnan(part(section, "test-scores").rows[0][2].mean)
    assert any(
        "no prediction is a number" in text for text in texts(analysis(DATASET, [rows_of([1.0], [None])], split="t"))
    )
    with pytest.raises(UserError, match="row 1 of the predictions has 'high' as 'label'"):
        analysis(DATASET, [rows_of(["high"], [1.0])], split="test")


def test_a_constant_prediction_can_be_drawn():
    section = analysis(DATASET, [rows_of([1.0, 1.0], [1.0, 1.0])], split="test")
    assert pictures(section) and np.isnan(part(section, "test-scores").rows[0][0].mean)
