"""The focal loss against the paper's formula, worked from probabilities, and numerical derivatives."""

import numpy as np
import pytest
import torch

from tests.conftest import checked
from tests.heads import test_span as span
from tests.heads import test_token_classification as tagging
from tests.regularizers.modules import assembled, module_of
from tunesmith.errors import UserError
from tunesmith.heads.token_classification import TokenClassification
from tunesmith.heads.training_loss import TrainingLoss, binary_cross_entropy, cross_entropy
from tunesmith.regularizers.focal import Focal

WEIGHTS = torch.tensor([0.5, 1.0, 3.0], dtype=torch.float64)


def focal(probabilities, gamma):
    return -((1 - probabilities) ** gamma) * probabilities.log()


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_one_label(gamma, weights):
    module, batch = module_of(Focal(gamma=gamma), dtype=torch.float64)
    module.head.training_loss.class_weights = weights
    scores, labels = module(batch).scores, batch.targets["labels"]
    alpha = torch.ones(3, dtype=torch.float64)[labels] if weights is None else weights[labels]
    losses = alpha * focal(scores.softmax(1).gather(1, labels[:, None])[:, 0], gamma)
    torch.testing.assert_close(module.training_step(batch, 0), losses.sum() / alpha.sum(), check_dtype=False)
    module.eval()
    torch.testing.assert_close(module.head.loss(scores, batch), torch.nn.functional.cross_entropy(scores, labels))


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_several_labels(weights):
    module, batch = module_of(Focal(gamma=2.0), problem="multi_label", dtype=torch.float64)
    module.head.training_loss.class_weights = weights
    labels = batch.targets["labels"].double()
    p = module(batch).scores.sigmoid()
    positive = 1.0 if weights is None else weights
    expected = labels * positive * focal(p, 2.0) + (1 - labels) * focal(1 - p, 2.0)
    torch.testing.assert_close(module.training_step(batch, 0), expected.mean(), check_dtype=False)


def test_words_without_a_label_do_not_count():
    backbone, head, batch, _ = tagging.build("bert", TokenClassification, "right", constrained=False)
    module = assembled(backbone, head, Focal(gamma=2.0))
    labels = batch.targets["labels"]
    scores, words = module(batch).scores, labels >= 0
    probabilities = scores[words].softmax(1).gather(1, labels[words][:, None])
    torch.testing.assert_close(module.training_step(batch, 0), focal(probabilities, 2.0).mean())


def test_a_span_has_a_term_for_its_start_and_its_end():
    backbone, head, split, _ = span.build("bert", span.question_task())
    batch = split[np.arange(len(split))]
    module = assembled(backbone, head, Focal(gamma=2.0))
    probabilities = module(batch).scores.softmax(1).gather(1, batch.targets["labels"][:, None])
    total = module.training_step(batch, 0)
    torch.testing.assert_close(total, focal(probabilities, 2.0).mean())
    total.backward()
    assert all(parameter.grad.isfinite().all() for parameter in module.parameters() if parameter.grad is not None)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_gradients_are_the_numerical_ones_and_finite_for_certain_predictions(gamma):
    settings, labels = TrainingLoss(focusing=gamma), torch.tensor([0, 2])
    logits = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda given: cross_entropy(given, labels, settings), logits)
    marks = torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda given: binary_cross_entropy(given, marks, settings), logits)
    certain = torch.tensor([[200.0, 0, 0], [0, 0, 200.0]], requires_grad=True)
    (cross_entropy(certain, labels, settings) + binary_cross_entropy(certain, marks.float(), settings)).backward()
    assert certain.grad.isfinite().all()


def test_strength_0_is_plain_training():
    module, batch = module_of(Focal(gamma=0.0))
    assert torch.equal(module.training_step(batch, 0), module_of()[0].training_step(batch, 0))


@pytest.mark.parametrize(
    "words,message",
    [
        (
            ["regularization=[standard,focal,label_smoothing]"],
            "focal and label_smoothing contradict each other: the focal",
        ),
        (["regularization=[focal]", "head=crf", "dataset=demo_entities"], "focal needs a head with focal"),
    ],
)
def test_what_does_not_fit_is_refused(words, message):
    with pytest.raises(UserError, match=message):
        checked(words)
