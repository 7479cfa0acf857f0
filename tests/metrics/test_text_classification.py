"""Scores equal scikit-learn's and scipy's."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn import metrics as reference

from tunesmith.metrics.text_classification import metrics

GENERATOR = np.random.default_rng(0)


def compute(names, predictions, targets, **options):
    collection = metrics(names, **options)
    for start in range(0, len(targets), 64):
        collection.update(torch.tensor(predictions[start : start + 64]), torch.tensor(targets[start : start + 64]))
    return {name: float(value) for name, value in collection.compute().items()}


@pytest.mark.parametrize("labels", [2, 3, 6])
@pytest.mark.parametrize("average", [None, "macro", "micro", "weighted"])
def test_single_label(labels, average):
    predictions, targets = GENERATOR.integers(0, labels, size=(2, 500))
    names = ["accuracy", "precision", "recall", "f1", "matthews"]
    found = compute(names, predictions, targets, problem="single_label", labels=labels, average=average)
    average = average or ("binary" if labels == 2 else "macro")
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(targets, predictions))
    assert found["matthews"] == pytest.approx(reference.matthews_corrcoef(targets, predictions), abs=1e-6)
    assert found["f1"] == pytest.approx(reference.f1_score(targets, predictions, average=average), abs=1e-6)
    assert found["recall"] == pytest.approx(reference.recall_score(targets, predictions, average=average), abs=1e-6)
    assert found["precision"] == pytest.approx(
        reference.precision_score(targets, predictions, average=average), abs=1e-6
    )


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_multi_label(average):
    predictions, targets = GENERATOR.integers(0, 2, size=(2, 500, 5))
    found = compute(["accuracy", "f1"], predictions, targets, problem="multi_label", labels=5, average=average)
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(targets, predictions))
    assert found["f1"] == pytest.approx(reference.f1_score(targets, predictions, average=average), abs=1e-6)


def test_regression():
    targets = GENERATOR.normal(size=500).astype(np.float32)
    predictions = (targets + GENERATOR.normal(size=500)).astype(np.float32)
    found = compute(["pearson", "spearman"], predictions, targets, problem="regression", labels=1, average=None)
    assert found["pearson"] == pytest.approx(stats.pearsonr(predictions, targets)[0], abs=1e-4)
    assert found["spearman"] == pytest.approx(stats.spearmanr(predictions, targets)[0], abs=1e-4)
