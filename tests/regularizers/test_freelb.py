"""FreeLB against the paper's algorithm 1 as a loop of backward passes, whose gradients PyTorch accumulates."""

import pytest
import torch

from tests.conftest import checked
from tests.heads import test_token_classification as tagging
from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import assembled, dropout, module_of
from tunesmith.errors import UserError
from tunesmith.heads.crf import Crf
from tunesmith.regularizers.freelb import FreeLB
from tunesmith.regularizers.rdrop import RDrop

SETTINGS = {"steps": 3, "step_size": 0.5, "initial_magnitude": 0.8, "max_norm": 0.9}


def by_hand(module, batch, seed):
    """The sum of the losses, and the accumulated gradients."""
    real = batch.inputs["attention_mask"].unsqueeze(-1)
    torch.manual_seed(seed)
    delta = torch.zeros(*real.shape[:2], 32, dtype=module.backbone.embeddings.weight.dtype).uniform_(-1, 1) * real
    for row, length in enumerate(real.sum((1, 2)).tolist()):
        delta[row] *= 0.8 / (length * 32) ** 0.5
    total, masks = 0.0, torch.get_rng_state()
    for _ in range(3):
        torch.set_rng_state(masks)  # the same dropout
        delta = delta.detach().requires_grad_()
        loss = module(batch, offset=delta).loss / 3
        loss.backward()
        total += loss.item()
        delta = delta.detach() + torch.stack([0.5 * g / g.norm() for g in delta.grad * real])
        delta = torch.stack([row if row.norm() <= 0.9 else row * 0.9 / row.norm() for row in delta])
    return total, [parameter.grad for parameter in module.parameters()]


def assert_equals_the_loop(module, batch):
    torch.manual_seed(1)
    total = module.training_step(batch, 0)
    total.backward()
    found = [parameter.grad for parameter in module.parameters()]
    module.zero_grad()
    expected, gradients = by_hand(module, batch, 1)
    assert total.item() == pytest.approx(expected, rel=1e-5)
    assert total > module(batch).loss
    torch.testing.assert_close(found, gradients, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_classifier(family):
    assert_equals_the_loop(*module_of(FreeLB(**SETTINGS), family=family))


def test_a_crf():
    backbone, head, batch, _ = tagging.build("bert", Crf, "left", constrained=False, transition_lr_scale=1.0)
    assert_equals_the_loop(assembled(backbone, head, FreeLB(**SETTINGS)), batch)


def test_the_dropout_masks_are_the_same_in_all_steps():
    module, batch = module_of(FreeLB(**SETTINGS))
    dropout(module, 0.3)
    torch.manual_seed(1)
    total = module.training_step(batch, 0)
    assert total.item() == pytest.approx(by_hand(module, batch, 1)[0], rel=1e-5)


def test_one_step_without_a_perturbation_is_plain_training():
    module, batch = module_of(FreeLB(steps=1, step_size=0.1, initial_magnitude=0.0, max_norm=None))
    plain, _ = module_of()
    gradients = []
    for one in (module, plain):
        dropout(one, 0.1)
        torch.manual_seed(1)
        one.training_step(batch, 0).backward()
        gradients.append([parameter.grad for parameter in one.parameters()])
    assert all(torch.equal(*pair) for pair in zip(*gradients, strict=True))


def test_penalties_are_those_of_the_clean_input():
    module, batch = module_of(FreeLB(**SETTINGS), RDrop(alpha=1.0))
    torch.manual_seed(1)
    total = module.training_step(batch, 0)
    expected, _ = by_hand(module, batch, 1)
    assert total.item() == pytest.approx(expected + module(batch).loss.item(), rel=1e-5)  # two equal passes agree


def test_in_half_precision_gradients_are_complete():
    module, batch = module_of(FreeLB(**SETTINGS))
    torch.manual_seed(1)
    with torch.autocast("cpu", torch.bfloat16):
        module.training_step(batch, 0).backward()
    found = torch.cat([parameter.grad.flatten() for parameter in module.parameters()])
    module.zero_grad()
    expected = torch.cat([gradient.flatten() for gradient in by_hand(module, batch, 1)[1]])
    assert torch.cosine_similarity(found, expected, dim=0) > 0.99


def test_another_that_replaces_the_loss_is_refused():
    with pytest.raises(UserError, match="freelb and mixup contradict each other: both replace the loss"):
        checked(["regularization=[standard,freelb,mixup]"])
