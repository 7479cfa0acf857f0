"""Class weights against scikit-learn's, in training only."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from tests.heads import test_token_classification as tagging
from tests.heads.test_classification import mini, text_task
from tests.regularizers.modules import assembled, module_of, refusal
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.heads.token_classification import TokenClassification
from tunesmith.regularizers.class_weights import ClassWeights

LABELS = {"single_label": ["a"] * 5 + ["b"] * 2, "multi_label": ["a,b", "a", "a", ""]}  # no example has c


def fitted(weights, problem):
    """The weights of a classifier in training, by a training split that has three labels."""
    task, tokenizer = text_task(problem, False), mini("bert").tokenizer(lambda: ["fine"], pre_split=False)
    rows = [{"text": "fine", "label": label} for label in LABELS[problem]]
    module, _ = module_of()
    return start(weights, module, task, EncodedSplit.of(rows, task=task, tokenizer=tokenizer))


def start(weights, module, task, split):
    data = SimpleNamespace(task=task, splits={"train": split})
    ClassWeights(weights=weights).on_fit_start(SimpleNamespace(datamodule=data), module)
    return module.head.training_loss.class_weights


def test_the_loss_is_weighted_in_training_only():
    module, batch = module_of()
    module.head.training_loss.class_weights = fitted([1.0, 2.0, 3.0], "single_label")
    scores, targets = module(batch).scores, batch.targets["labels"]
    expected = torch.nn.functional.cross_entropy(scores, targets, weight=torch.tensor([1.0, 2.0, 3.0]))
    torch.testing.assert_close(module.training_step(batch, 0), expected)
    torch.testing.assert_close(
        module.eval().head.loss(scores, batch), torch.nn.functional.cross_entropy(scores, targets)
    )
    assert not any("class_weights" in name for name in module.state_dict())  # it is set again when a run resumes


def test_balanced_weights_of_single_labels_equal_scikit_learns():
    found = fitted("balanced", "single_label")
    targets = ["abc".index(label) for label in LABELS["single_label"]]
    occurring = compute_class_weight("balanced", classes=np.arange(2), y=targets)
    assert (found[:2] * 3 / 2).tolist() == pytest.approx(occurring)  # scikit-learn sees two of the three labels
    assert found[2] == pytest.approx(7 / 3) and found.dtype == torch.float32  # as if it occurred once


def test_balanced_weights_of_several_labels_give_positives_and_negatives_the_same_weight():
    weights = fitted("balanced", "multi_label").numpy()
    targets = np.array([["a" in labels, "b" in labels] for labels in LABELS["multi_label"]])
    assert (weights[:2] * targets).sum(0).tolist() == pytest.approx((~targets).sum(0).tolist())
    assert weights[2] == 3  # as if it occurred once


def test_balanced_weights_of_tags_equal_scikit_learns():
    backbone, head, _, tokenizer = tagging.build("bert", TokenClassification, "right", constrained=False)
    rows = [{"tokens": words, "tags": tags} for words, tags in tagging.SENTENCES]
    split = EncodedSplit.of(rows, task=tagging.tag_task(), tokenizer=tokenizer)
    weights = start("balanced", assembled(backbone, head), tagging.tag_task(), split)
    targets = [tag for _, tags in tagging.SENTENCES for tag in tags]
    occurring = [tag for tag in tagging.LABELS if tag in targets]
    expected = compute_class_weight("balanced", classes=np.array(occurring), y=targets)
    found = dict(zip(tagging.LABELS, weights.tolist(), strict=True))
    assert [found[tag] * len(tagging.LABELS) / len(occurring) for tag in occurring] == pytest.approx(expected)


def test_weights_of_the_config_are_on_the_models_device():
    assert fitted([1, 2, 3], "single_label").tolist() == [1, 2, 3]
    module = SimpleNamespace(device="meta", head=module_of()[0].head)
    task = text_task("single_label", False)
    assert start([1, 2, 3], module, task, None).device.type == "meta"


def test_a_wrong_number_of_class_weights_is_refused():
    words = ["regularization=[class_weights]", "regularization.class_weights.weights=[1,2,3]"]
    assert "has 3 weights, but there are 2 labels: negative, positive" in refusal(*words)
