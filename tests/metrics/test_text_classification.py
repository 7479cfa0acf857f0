"""Scores equal scikit-learn's and scipy's."""

import warnings

import numpy as np
import pytest
import torch
import torchmetrics
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as reference

from tunesmith.metrics import calibration, confusion, ranking, regression
from tunesmith.metrics.text_classification import calibration_by_label, label_scores, label_set_scores, number_scores

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize("labels", [2, 3, 6])
@pytest.mark.parametrize("average", [None, "macro", "micro", "weighted"])
def test_single_label(labels, average):
    predictions, targets = GENERATOR.integers(0, labels, size=(2, 500))
    found = label_scores(targets, predictions, GENERATOR.dirichlet(np.ones(labels), 500), average=average)
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
    found = label_set_scores(targets, predictions, GENERATOR.random((500, 5)), average=average)
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(targets, predictions))
    assert found["f1"] == pytest.approx(reference.f1_score(targets, predictions, average=average), abs=1e-6)


def test_regression():
    targets = GENERATOR.normal(size=500).astype(np.float32)
    predictions = (targets + GENERATOR.normal(size=500)).astype(np.float32)
    found = number_scores(targets, predictions)
    assert found["pearson"] == pytest.approx(stats.pearsonr(predictions, targets)[0], abs=1e-4)
    assert found["spearman"] == pytest.approx(stats.spearmanr(predictions, targets)[0], abs=1e-4)


AVERAGES = ["macro", "micro", "weighted"]


@st.composite
def labelled(draw, most=5):
    """Targets, predictions and probabilities, often of one class only, with ties."""
    labels, examples = draw(st.integers(2, most)), draw(st.integers(1, 30))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    occurring = generator.choice(labels, size=draw(st.integers(1, labels)), replace=False)
    targets = generator.choice(occurring, size=examples)
    logits = generator.normal(size=(examples, labels)) * draw(st.sampled_from([0.0, 1.0, 4.0, 50.0]))
    if draw(st.booleans()):
        logits = logits.round()
    probabilities = np.exp(logits - logits.max(1, keepdims=True))
    return targets, (probabilities / probabilities.sum(1, keepdims=True)).astype(np.float32)


def close(found, expected, *, within=1e-9):
    assert found == pytest.approx(float(expected), abs=within, nan_ok=True)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(labelled(), st.booleans(), st.sampled_from([None, *AVERAGES]))
def test_any_single_labels_score_as_in_scikit_learn(example, constant, average):
    targets, probabilities = example
    labels = probabilities.shape[1]
    predictions = np.zeros_like(targets) if constant else probabilities.argmax(1)
    found = label_scores(targets, predictions, probabilities, average=average)
    wide = probabilities.astype(np.float64)
    each = np.eye(labels, dtype=int)[targets]
    average = average or ("binary" if labels == 2 else "macro")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        close(found["accuracy"], reference.accuracy_score(targets, predictions), within=1e-6)
        close(found["matthews"], reference.matthews_corrcoef(targets, predictions))
        close(found["balanced_accuracy"], reference.balanced_accuracy_score(targets, predictions))
        for name in ("precision", "recall", "f1"):
            expected = getattr(reference, f"{name}_score")(targets, predictions, average=average, zero_division=0)
            close(found[name], expected, within=1e-6)
        if labels == 2:
            close(found["roc_auc"], reference.roc_auc_score(targets, wide[:, 1]))
            close(found["average_precision"], reference.average_precision_score(targets, wide[:, 1]))
        else:
            close(found["roc_auc"], reference.roc_auc_score(each, wide, average="macro"))
            close(found["average_precision"], reference.average_precision_score(each, wide, average="macro"))
            if len(set(targets)) == labels and np.allclose(wide.sum(1), 1, atol=1e-8):
                close(found["roc_auc"], reference.roc_auc_score(targets, wide, multi_class="ovr"))
        close(found["log_loss"], reference.log_loss(targets, wide, labels=range(labels)))
        close(found["calibration_error"], calibration_error(targets, predictions, wide))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(labelled())
def test_brier_scores_as_in_scikit_learn(example):
    targets, probabilities = example
    found = calibration.brier(targets, probabilities.astype(np.float64))
    if probabilities.shape[1] == 2:
        close(found, reference.brier_score_loss(targets, probabilities[:, 1].astype(np.float64), pos_label=1))
    else:  # scikit-learn has several labels since version 1.7
        each = np.eye(probabilities.shape[1])[targets]
        close(found, ((probabilities.astype(np.float64) - each) ** 2).sum(1).mean())


def calibration_error(targets, predictions, probabilities):
    """Guo et al. (2017), equations 2 and 3, bin by bin."""
    total = 0.0
    for bin in range(15):
        members = [n for n, row in enumerate(probabilities) if bin / 15 < row.max() <= (bin + 1) / 15]
        if members:
            right = sum(targets[n] == predictions[n] for n in members) / len(members)
            confidence = sum(probabilities[n].max() for n in members) / len(members)
            total += len(members) / len(targets) * abs(right - confidence)
    return total


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(2, 4), st.sampled_from(AVERAGES), st.booleans())
def test_any_label_sets_score_as_in_scikit_learn(seed, examples, labels, average, empty):
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, 1 if empty else 2, size=(examples, labels))
    probabilities = generator.random((examples, labels)).round(1).astype(np.float32)
    predictions = (probabilities > 0.5).astype(int)
    found = label_set_scores(targets, predictions, probabilities, average=average)
    wide = probabilities.astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        close(found["accuracy"], reference.accuracy_score(targets, predictions), within=1e-6)
        for name in ("precision", "recall", "f1"):
            expected = getattr(reference, f"{name}_score")(targets, predictions, average=average, zero_division=0)
            close(found[name], expected, within=1e-6)
        close(found["roc_auc"], reference.roc_auc_score(targets, wide, average="macro"))
        close(found["average_precision"], reference.average_precision_score(targets, wide, average="macro"))
        by_label = calibration_by_label(targets, predictions, probabilities)
        for name, expected in {
            "log_loss": [reference.log_loss(t, p, labels=[0, 1]) for t, p in zip(targets.T, wide.T, strict=True)],
            "brier": [
                reference.brier_score_loss(t, p, pos_label=1, labels=[0, 1])
                for t, p in zip(targets.T, wide.T, strict=True)
            ],
            "calibration_error": [
                calibration_error(t, g, np.stack([1 - p, p], axis=1))
                for t, g, p in zip(targets.T, predictions.T, wide.T, strict=True)
            ],
        }.items():
            assert [row[name] for row in by_label] == pytest.approx(expected)
            close(found[name], np.mean(expected))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(labelled())
def test_scores_by_label_as_in_scikit_learn(example):
    targets, probabilities = example
    labels = probabilities.shape[1]
    predictions = probabilities.argmax(1)
    matrix = confusion.confusion(targets, predictions, labels=labels)
    assert matrix.tolist() == reference.confusion_matrix(targets, predictions, labels=range(labels)).tolist()
    found = confusion.by_label(np.diag(matrix), matrix.sum(0), matrix.sum(1), [f"label {n}" for n in range(labels)])
    expected = reference.precision_recall_fscore_support(targets, predictions, labels=range(labels), zero_division=0)
    assert list(found) == [f"label {n}" for n in range(labels)]
    for row, numbers in zip(found.values(), zip(*expected, strict=True), strict=True):
        assert row == pytest.approx(dict(zip(("precision", "recall", "f1", "support"), numbers, strict=True)))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(2, 20), st.sampled_from([0.0, 0.5, 1.0, 1e6]))
def test_any_numbers_score_as_in_scikit_learn_and_scipy(seed, examples, scale):
    generator = np.random.default_rng(seed)
    targets = (generator.normal(size=examples) * scale).round(1).astype(np.float32)
    predictions = generator.normal(size=examples).round(1).astype(np.float32)
    found = number_scores(targets, predictions)
    wide, guesses = targets.astype(np.float64), predictions.astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        close(found["pearson"], stats.pearsonr(guesses, wide)[0])
        close(found["spearman"], stats.spearmanr(guesses, wide)[0])
    assert found["mae"] == pytest.approx(reference.mean_absolute_error(wide, guesses))
    assert found["rmse"] == pytest.approx(reference.root_mean_squared_error(wide, guesses))


def test_predictions_that_are_not_numbers():
    broken = np.array([[np.nan, np.nan], [0.5, 0.5]])
    found = label_scores(np.array([0, 1]), np.array([0, 1]), broken, average=None)
    assert {name for name, value in found.items() if np.isnan(value)} == {
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
        "calibration_error",
    }
    assert all(np.isnan(value) for value in number_scores(np.array([1.0, 2.0]), np.array([1.0, np.nan])).values())


def test_matthews_of_many_examples():
    matrix = np.array([[4_000_000_000, 1], [1, 4_000_000_000]])  # their products overflow 64-bit integers
    assert confusion.matthews(matrix) == pytest.approx(1.0)


def test_correlations_stay_between_minus_one_and_one():
    """Rounding makes the cosine of some parallel vectors exceed 1 by a bit."""
    for seed in range(200):
        targets = np.random.default_rng(seed).normal(size=seed + 2)
        for slope in (-3.0, 3.0):
            for score in ("pearson", "spearman"):
                found = number_scores(targets, slope * targets)[score]
                assert abs(found) <= 1 and found == pytest.approx(np.sign(slope))


@pytest.mark.parametrize("count", [1, 3, 7])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e6 / 3])
def test_a_constant_has_no_correlation(count, value):
    """scipy's answer, too; three times 0.1 is not 0.3, so that the constant's deviations from its mean are not all 0."""
    constant, others = np.full(count, value), np.arange(count) / 3
    for found in (number_scores(constant, others), number_scores(others, constant)):
        assert np.isnan(found["pearson"]) and np.isnan(found["spearman"])


def test_no_numbers_have_no_correlation():
    assert np.isnan(regression.pearson(np.zeros(0), np.zeros(0)))


def test_scores_of_a_whole_split_are_not_gathered_over_ranks(monkeypatch):
    """One rank has it and computes alone: a collective operation would wait for the others for ever."""

    def gather(*arguments, **settings):
        raise AssertionError("gathered over ranks")

    monkeypatch.setattr("torchmetrics.metric.jit_distributed_available", lambda: True)
    monkeypatch.setattr("torchmetrics.metric.gather_all_tensors", gather)
    with pytest.raises(AssertionError, match="gathered"):  # what torchmetrics does by itself
        metric = torchmetrics.classification.BinaryPrecision()
        metric.update(torch.ones(2), torch.ones(2))
        metric.compute()
    targets, probabilities = np.array([0, 1, 1]), np.array([[0.5, 0.5], [0.25, 0.75], [0.75, 0.25]])
    assert label_scores(targets, np.array([0, 1, 0]), probabilities, average=None)["recall"] == 0.5
    found = label_set_scores(np.eye(2, dtype=int), np.ones((2, 2), dtype=int), np.full((2, 2), 0.5), average=None)
    assert found["precision"] == 0.5


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "targets,scores", [([True, True], [0.0, 1.0]), ([False], [0.5]), ([True, False], [np.nan, 0.5])]
)
def test_what_cannot_be_ranked_is_not_a_number_without_a_warning(targets, scores):
    assert np.isnan(ranking.roc_auc(np.array(targets), np.array(scores)))
