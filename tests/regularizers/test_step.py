"""What a training step offers: passes that are shared, gradients of embeddings, other weights, given gradients."""

from types import SimpleNamespace

import pytest
import torch
from torch.func import functional_call

from tests.heads import test_language_model as language_model
from tests.heads import test_token_classification as tagging
from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import assembled, dropout, module_of
from tunesmith.heads.crf import Crf
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep, gradients_of, with_gradients


class Asking(Regularizer):
    """Reads passes twice."""

    def penalty(self, step):
        assert step.plain is step.plain and step.second is step.second
        return step.second.loss


def counted(module):
    """The number of passes in a training step."""
    calls = []
    handle = module.register_forward_hook(lambda *_: calls.append(1))
    return calls, handle


@pytest.mark.parametrize("regularizers,passes", [([], 1), ([Asking()], 2), ([Asking(), Asking()], 2)])
def test_a_pass_is_made_when_it_is_asked_for_and_then_shared(regularizers, passes):
    module, batch = module_of(*regularizers)
    calls, _ = counted(module)
    module.training_step(batch, 0)
    assert len(calls) == passes


def test_passes_have_their_own_dropout():
    module, batch = module_of()
    dropout(module, 0.1)
    step = TrainingStep(module, batch)
    assert not torch.equal(step.plain.scores, step.second.scores)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_gradient_of_the_embeddings_is_the_numerical_one(family, side):
    module, batch = module_of(family=family, side=side, dtype=torch.float64)
    step = TrainingStep(module, batch, reads_gradient=True)
    found = step.embedding_gradient
    assert step.plain.loss.requires_grad  # its own backward pass is still to come
    for place in [(0, -1, 3), (1, 2, 0), (2, -2, 5)]:
        moved = torch.zeros_like(found)
        moved[place] = 1e-5
        above, below = (step.forward(offset=sign * moved).loss for sign in (1, -1))
        assert found[place].item() == pytest.approx((above - below).item() / 2e-5, abs=1e-7)
    assert found.shape == (*batch.inputs["input_ids"].shape, 32)


def test_padding_is_known():
    module, batch = module_of()
    assert torch.equal(TrainingStep(module, batch).tokens[..., 0], batch.inputs["attention_mask"].float())
    del batch.inputs["attention_mask"]  # nothing is padded
    assert TrainingStep(module, batch).tokens.shape == (*batch.inputs["input_ids"].shape, 1)


def test_a_pass_with_other_weights_is_that_of_a_model_with_them():
    backbone, head, batch, _ = tagging.build("bert", Crf, "right", constrained=False, transition_lr_scale=1.0)
    module = assembled(backbone, head)
    other = {name: value + 0.1 * torch.randn_like(value) for name, value in module.named_parameters()}
    found = TrainingStep(module, batch).forward(weights=other)
    own = TrainingStep(module, batch).plain
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(other[name])
    expected = TrainingStep(module, batch).plain
    torch.testing.assert_close(found.scores, expected.scores)
    # The transitions are the other ones too, though they are not part of the scores.
    torch.testing.assert_close(found.distribution.entropy(), expected.distribution.entropy())
    assert found.distribution.entropy() != own.distribution.entropy()


def test_other_weights_reach_a_tied_output_layer():
    backbone, head, _, batch, _, _ = language_model.build("bert")
    head.prepare(batch, seed=1, epoch=0)
    module = assembled(backbone, head)
    other = {name: value + 0.1 * torch.randn_like(value) for name, value in module.named_parameters()}
    found = TrainingStep(module, batch).forward(weights=other).scores
    expected = functional_call(module, other, (batch,)).scores
    torch.testing.assert_close(found, expected)
    table = other["backbone.model.embeddings.word_embeddings.weight"]
    states = functional_call(
        module.head.stem.cls.predictions.transform,
        {
            name.removeprefix("head.stem.cls.predictions.transform."): value
            for name, value in other.items()
            if ".transform." in name
        },
        (functional_call(module, other, (batch,)).hidden.flatten(0, 1)[batch.layout["places"]],),
    )
    bias = other.get("head.stem.cls.predictions.bias", 0.0)
    torch.testing.assert_close(found, states @ table.T + bias)


def test_given_gradients_follow_from_the_loss():
    parameters = [torch.randn(3, 2, requires_grad=True), torch.randn(4, requires_grad=True)]
    gradients = [torch.randn(3, 2), None]
    total = with_gradients(torch.tensor(2.5), parameters, gradients)
    (3 * total).backward()
    assert total == 2.5 and torch.equal(parameters[0].grad, 3 * gradients[0]) and parameters[1].grad is None


@pytest.mark.parametrize("scale,expected", [(1.0, 0.0), (65536.0, 1e-9)])
def test_small_gradients_pass_float16_if_they_are_scaled(scale, expected):
    """As on a GPU with 16-mixed: the product below has its gradient in float16, whose smallest number is 6e-8."""
    weight = torch.tensor(1.0, requires_grad=True)
    loss = weight.half().float() * 1e-9
    gradient, none = gradients_of(
        loss, [weight, torch.tensor(0.0, requires_grad=True)], SimpleNamespace(loss_scale=scale)
    )
    assert gradient.item() == pytest.approx(expected, rel=1e-3) and none is None
