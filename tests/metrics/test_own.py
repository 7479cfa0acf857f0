"""Metrics by class: their scores equal scikit-learn's, their direction is that of the class, and nothing else is imported."""

import math
import re
import sys

import numpy as np
import pytest
import torch
from sklearn.metrics import cohen_kappa_score, fbeta_score, hamming_loss, mean_absolute_percentage_error
from torchmetrics.regression import R2Score

from tests.conftest import checked
from tunesmith.configuration import monitor, own_metrics
from tunesmith.errors import UserError
from tunesmith.metrics import own

KAPPA = "torchmetrics.classification.MulticlassCohenKappa"
PLUGIN = """
from torchmetrics.classification import (
    BinaryFBetaScore, MulticlassAccuracy, MulticlassAUROC, MulticlassCohenKappa, MulticlassHammingDistance
)


class BestThree(MulticlassAccuracy):
    higher_is_better = True

    def __init__(self, num_classes):
        super().__init__(num_classes, top_k=3)


class Cost(MulticlassCohenKappa):
    higher_is_better = False

    def __init__(self, num_classes):
        super().__init__(num_classes, weights="quadratic")


class F2(BinaryFBetaScore):
    higher_is_better = True
    receives = "predictions"

    def __init__(self):
        super().__init__(2.0)


class F3(BinaryFBetaScore):
    higher_is_better = True

    def __init__(self):
        super().__init__(3.0)


class Area(MulticlassAUROC):
    higher_is_better = True


class Distance(MulticlassHammingDistance):
    pass


class Shapes(MulticlassCohenKappa):
    higher_is_better = True

    def update(self, preds, target):
        super().update(preds, target[:3])


class Undirected(MulticlassCohenKappa):
    pass


class Wrong(MulticlassCohenKappa):
    higher_is_better = True

    def compute(self):
        return self.confmat


Function = print
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    (tmp_path / "metrics_of_mine.py").write_text(PLUGIN)
    monkeypatch.setenv("TUNESMITH_PLUGINS", str(tmp_path / "metrics_of_mine.py"))
    yield
    sys.modules.pop("metrics_of_mine", None)
    monitor._SMALLER_OF_OWN.clear()


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.mark.parametrize("labels", [2, 5])
def test_labels(labels, generator, plugin):
    targets, probabilities = (
        generator.integers(0, labels, 60),
        generator.dirichlet(np.ones(labels), 60).astype(np.float32),
    )
    predictions = probabilities.argmax(1)
    names = [KAPPA, "metrics_of_mine.Cost"] + (["metrics_of_mine.F2", "metrics_of_mine.F3"] if labels == 2 else [])
    found = own.scores(names, targets, predictions, probabilities)
    expected = {
        "cohen_kappa": cohen_kappa_score(targets, predictions),
        "cost": cohen_kappa_score(targets, predictions, weights="quadratic"),
    }
    expected |= {f"f{beta}": fbeta_score(targets, predictions, beta=beta) for beta in (2, 3)} if labels == 2 else {}
    assert found == pytest.approx(expected, abs=1e-6)
    if labels == 2:  # the second label's probability
        (found,) = own.scores(
            ["torchmetrics.classification.BinaryCohenKappa"], targets, predictions, probabilities
        ).values()
        assert found == pytest.approx(expected["cohen_kappa"], abs=1e-6)


@pytest.mark.parametrize("name", ["MulticlassAUROC", "BinaryAUROC"])
def test_an_area_without_positives_or_negatives_is_not_a_number(name, generator, plugin):
    """As scikit-learn's; torchmetrics' is 0, of a class without examples too."""
    probabilities = generator.dirichlet(np.ones(2), 30)
    targets = np.zeros(30, dtype=np.int64)
    (found,) = own.scores([f"torchmetrics.classification.{name}"], targets, targets, probabilities).values()
    assert math.isnan(found)
    (found,) = own.scores(["metrics_of_mine.Area"], targets, targets, probabilities).values()
    assert math.isnan(found)


def test_values_outside_of_0_to_1_do_not_make_all_of_them_logits(generator):
    """torchmetrics would take the sigmoid of each, which is above a half."""
    targets, probabilities = generator.integers(0, 2, 50), generator.dirichlet(np.ones(2), 50).astype(np.float32)
    probabilities[0] = (0, 1 + 1e-6)
    name = "torchmetrics.classification.BinaryCohenKappa"
    (found,) = own.scores([name], targets, probabilities.argmax(1), probabilities).values()
    assert found == pytest.approx(cohen_kappa_score(targets, probabilities.argmax(1)), abs=1e-6)
    probabilities[3] = np.nan
    (found,) = own.scores([name], targets, probabilities.argmax(1), probabilities).values()
    assert math.isnan(found)


def test_sets_of_labels_and_numbers(generator):
    targets, probabilities = generator.integers(0, 2, (40, 3)), generator.random((40, 3))
    predictions = (probabilities > 0.5).astype(int)
    name = "torchmetrics.classification.MultilabelHammingDistance"
    assert own.scores([name], targets, predictions, probabilities) == pytest.approx(
        {"hamming_distance": hamming_loss(targets, predictions)}
    )
    numbers, found = generator.random(40) + 1, generator.random(40) + 1
    name = "torchmetrics.regression.MeanAbsolutePercentageError"
    assert own.scores([name], numbers, found, None) == pytest.approx(
        {"mean_absolute_percentage_error": mean_absolute_percentage_error(numbers, found)}
    )


def test_directions_are_those_of_the_classes(plugin):
    """The reference is the imported class."""
    import torchmetrics.classification as library

    for name in (
        "MulticlassCohenKappa",
        "MulticlassHammingDistance",
        "MulticlassConfusionMatrix",
        "BinaryHingeLoss",
        "MultilabelF1Score",
    ):
        assert (
            own_metrics.larger_is_better(f"torchmetrics.classification.{name}")
            is getattr(library, name).higher_is_better
        )
    config = checked(["dataset.size=96", "dataset.metrics=[metrics_of_mine.Cost,accuracy]"])
    assert monitor.monitored(config) == "validation/cost"
    assert not monitor.larger_is_better("test/cost") and monitor.larger_is_better("test/accuracy")


def test_a_manifest_changes_the_direction_of_no_other_score():
    config = {"dataset": {"metrics": ["evil.Accuracy", "evil.Other"]}}
    monitor.note_smaller(["accuracy", "other", "f1"], config)
    try:
        assert monitor.larger_is_better("test/accuracy") and monitor.larger_is_better("test/f1")
        assert not monitor.larger_is_better("test/other")
    finally:
        monitor._SMALLER_OF_OWN.clear()


@pytest.mark.parametrize(
    "words,expected",
    [
        (
            ["torchmetrics.classification.MulticlassCohenKapa"],
            "has no MulticlassCohenKapa; did you mean MulticlassCohenKappa?",
        ),
        (["torchmetrics.text.BLEUScore"], "expected a score's name, a class of torchmetrics.classification or"),
        (["os.system"], "may not be a metric"),
        (["other_package.Cost"], "set TUNESMITH_PLUGINS=other_package"),
        (["torchmetrics.regression.PearsonCorrCoef"], "is for regression, but dataset.problem is single_label"),
        (["torchmetrics.classification.MultilabelAccuracy"], "expected a class Binary... or Multiclass..."),
        (
            ["torchmetrics.classification.MulticlassAccuracy"],
            "would be called accuracy, which is tunesmith's own score",
        ),
        ([KAPPA, "torchmetrics.classification.BinaryCohenKappa"], "would both be called cohen_kappa"),
        (
            ["metrics_of_mine.Undirected"],
            "undirected is monitored, but metrics_of_mine.Undirected does not say whether larger",
        ),
    ],
)
def test_what_is_no_metric_is_refused(words, expected, plugin):
    with pytest.raises(UserError) as raised:
        checked(["dataset.size=96", f"dataset.metrics=[{','.join(words)}]"])
    assert len(raised.value.mistakes) == 1 and expected in raised.value.mistakes[0]


def test_only_text_classification_takes_classes():
    with pytest.raises(UserError, match="only datasets of the task text_classification take classes"):
        checked(["dataset=demo_entities", "head=crf", f"dataset.metrics=[{KAPPA}]", "dataset.size=96"])


@pytest.mark.parametrize(
    "name,expected",
    [
        ("torchmetrics.classification.MulticlassFBetaScore", "needs beta, which tunesmith does not know"),
        ("metrics_of_mine.Wrong", "compute gives a tensor of shape (2, 2); expected a scalar"),
        ("metrics_of_mine.Function", "does not define Function"),
        ("metrics_of_mine.Distance", "expected higher_is_better = False in the class Distance"),
        ("torchmetrics.classification.BinaryROC", "cannot score 8 examples"),
        ("torchmetrics.classification.MulticlassConfusionMatrix", "compute gives a tensor of shape (2, 2)"),
    ],
)
def test_a_class_that_gives_no_number_is_refused_before_training(name, expected, plugin):
    (mistake,) = own.mistakes(name, problem="single_label")
    assert expected in mistake


def test_an_error_in_torchmetrics_names_the_line_of_the_plugin_that_caused_it(plugin):
    (mistake,) = own.mistakes("metrics_of_mine.Shapes", problem="single_label")
    assert re.search(r"metrics_of_mine\.py, line \d+, in update: ", mistake)


def test_a_split_that_a_class_cannot_score_ends_no_run():
    one = np.array([0.5])
    with pytest.raises(ValueError, match="at least two samples"):
        R2Score()(torch.from_numpy(one), torch.from_numpy(one))
    with pytest.warns(UserWarning, match=r"R2Score cannot score 1 example: .*two samples.*; the score is not a number"):
        found = own.scores(["torchmetrics.regression.R2Score"], one, one, None)
    assert list(found) == ["r2_score"] and math.isnan(found["r2_score"])


def test_a_good_class_has_no_mistakes(plugin):
    assert not list(own.mistakes(KAPPA, problem="single_label"))
    assert not list(own.mistakes("metrics_of_mine.F2", problem="single_label"))
    assert not list(own.mistakes("metrics_of_mine.F3", problem="single_label"))
    assert not list(own.mistakes("metrics_of_mine.BestThree", problem="single_label"))
    assert not list(own.mistakes("torchmetrics.classification.MultilabelHammingDistance", problem="multi_label"))
    assert not list(own.mistakes("torchmetrics.regression.R2Score", problem="regression"))
