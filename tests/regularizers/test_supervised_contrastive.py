"""The supervised contrastive loss against the paper's equation 3, term by term, and numerical derivatives."""

import math

import pytest
import torch

from tests.conftest import checked
from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import assert_plain_training, module_of
from tunesmith.errors import UserError
from tunesmith.regularizers.supervised_contrastive import SupervisedContrastive, contrastive_loss


def by_hand(texts, labels, temperature):
    unit = [[value / math.hypot(*text) for value in text] for text in texts.tolist()]
    similar = [[math.exp(sum(map(float.__mul__, a, b)) / temperature) for b in unit] for a in unit]
    total = 0.0
    for i, label in enumerate(labels):
        others = [j for j in range(len(labels)) if j != i and labels[j] == label]
        denominator = sum(similar[i][k] for k in range(len(labels)) if k != i)
        total += sum(-math.log(similar[i][j] / denominator) for j in others) / max(len(others), 1)
    return total / len(labels)


@pytest.mark.parametrize("labels", [[0, 1, 0, 1, 0, 2], [0, 1, 2], [1, 1], [0]])
def test_the_papers_equation_and_numerical_derivatives(labels):
    torch.manual_seed(1)
    texts = torch.randn(len(labels), 4, dtype=torch.float64, requires_grad=True)
    found = contrastive_loss(texts, torch.tensor(labels), 0.3)
    assert found.item() == pytest.approx(by_hand(texts, labels, 0.3), rel=1e-9)
    assert torch.autograd.gradcheck(lambda given: contrastive_loss(given, torch.tensor(labels), 0.3), texts)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_states_are_those_of_the_text(family):
    module, batch = module_of(SupervisedContrastive(weight=0.9, temperature=0.3), family=family, side="left")
    batch.targets["labels"] = torch.tensor([1, 0, 1])
    found = module(batch)
    first = batch.inputs["attention_mask"].argmax(1)  # CLS of BERT and RoBERTa is the first token after the padding
    places = first if family in ("bert", "roberta") else torch.full((3,), -1)
    texts = found.hidden[torch.arange(3), places]
    expected = 0.1 * torch.nn.functional.cross_entropy(found.scores, batch.targets["labels"]).item()
    expected += 0.9 * by_hand(texts, [1, 0, 1], 0.3)
    assert module.training_step(batch, 0).item() == pytest.approx(expected, rel=1e-5)


def test_in_half_precision_it_is_computed_in_single():
    torch.manual_seed(1)
    texts, labels = torch.randn(6, 32), torch.tensor([0, 1, 0, 1, 0, 2])
    with torch.autocast("cpu", torch.bfloat16):
        found = contrastive_loss(texts, labels, 0.3)
    torch.testing.assert_close(found, contrastive_loss(texts, labels, 0.3))


def test_strength_0_is_plain_training():
    assert_plain_training(SupervisedContrastive(weight=0.0, temperature=0.3))


@pytest.mark.parametrize(
    "words,message",
    [
        (["head=token_classification", "dataset=demo_entities"], "needs a head with representation, .* a word's label"),
        (["dataset=stsb"], "is for single_label datasets, but dataset.problem is regression"),
    ],
)
def test_what_does_not_fit_is_refused(words, message):
    with pytest.raises(UserError, match=message):
        checked(["regularization=[supervised_contrastive]", *words])
