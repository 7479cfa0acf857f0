"""Correlations equal scipy's; a histogram holds each pair once."""

import numpy as np
import pytest
from scipy import stats

from tests.analyses.tables import part, pictures, texts
from tunesmith.analyses.analysis import analysis

DATASET = {"task": "contrastive"}


def test_scored_pairs():
    generator = np.random.default_rng(0)
    scores = generator.uniform(0, 5, 100)
    seeds = [scores / 5 * 0.7 + np.random.default_rng(seed).uniform(-0.3, 0.3, 100) for seed in (1, 2)]
    rows = [
        [{"score": score, "similarity": value} for score, value in zip(scores, found, strict=True)] for found in seeds
    ]
    section = analysis(DATASET, rows, split="test")
    (row,) = part(section, "test-scores").rows
    expected = [[function(scores, found)[0] for found in seeds] for function in (stats.spearmanr, stats.pearsonr)]
    assert [cell.mean for cell in row] == pytest.approx(np.mean(expected, axis=1))
    axes = pictures(section)["test-similarities"].figure.axes[0]
    assert all(patch.get_data().values.sum() == pytest.approx(1) for patch in axes.patches)
    positive = 2 * int((scores >= 0.8 * scores.max()).sum())
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        f"positive pairs ({positive})",
        f"other pairs ({200 - positive})",
    ]


def test_pairs_without_scores_and_texts_without_pairs():
    section = analysis(DATASET, [[{"similarity": 1.0}, {"similarity": None}]], split="test")
    assert "1 pairs without a similarity are left out" in pictures(section)["test-similarities"].caption
    assert "no similarities" in texts(analysis(DATASET, [[{"text": "a"}]], split="test"))[0]
