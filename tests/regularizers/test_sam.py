"""SAM against the algorithm with backward passes, and ASAM against its equation; weights are restored to the bit."""

import pytest
import torch

from tests.heads import test_token_classification as tagging
from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import assembled, assert_plain_training, module_of
from tunesmith.data.batch import IGNORED
from tunesmith.heads.token_classification import TokenClassification
from tunesmith.regularizers.rdrop import RDrop
from tunesmith.regularizers.sam import SharpnessAwareMinimization


def trained(module):
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def by_hand(module, batch, rho, adaptive):
    """The loss at the weights, and the gradients at the perturbed ones."""
    loss = module(batch).loss
    loss.backward()
    parameters = trained(module)
    flat = torch.cat([parameter.detach().flatten() for parameter in parameters])
    gradient = torch.cat([parameter.grad.flatten() for parameter in parameters])
    change = flat**2 * gradient / (flat * gradient).norm() if adaptive else gradient / gradient.norm()
    module.zero_grad()
    torch.nn.utils.vector_to_parameters(flat + rho * change, parameters)
    module(batch).loss.backward()
    torch.nn.utils.vector_to_parameters(flat, parameters)
    return loss.detach(), [parameter.grad for parameter in parameters]


@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_papers_gradient(family, adaptive):
    module, batch = module_of(SharpnessAwareMinimization(rho=0.5, adaptive=adaptive), family=family)
    before = [parameter.detach().clone() for parameter in trained(module)]
    total = module.training_step(batch, 0)
    assert all(torch.equal(*pair) for pair in zip(before, trained(module), strict=True))
    total.backward()
    found = [parameter.grad for parameter in trained(module)]
    module.zero_grad()
    plain = torch.autograd.grad(module(batch).loss, trained(module))
    loss, gradients = by_hand(module, batch, 0.5, adaptive)
    torch.testing.assert_close(total.detach(), loss)
    torch.testing.assert_close(found, gradients, rtol=1e-3, atol=1e-5)
    assert max((a - b).abs().max() for a, b in zip(found, plain, strict=True)) > 1e-3


def test_penalties_belong_to_the_loss():
    module, batch = module_of(SharpnessAwareMinimization(rho=0.5, adaptive=False), RDrop(alpha=1.0))
    torch.testing.assert_close(module.training_step(batch, 0), 2 * module(batch).loss)


def test_half_precision_uses_the_perturbed_weights_and_then_the_own_ones():
    module, batch = module_of(SharpnessAwareMinimization(rho=2.0, adaptive=False))
    with torch.autocast("cpu", torch.bfloat16):
        module.training_step(batch, 0).backward()
        scores = module(batch).scores
    found = torch.cat([parameter.grad.flatten() for parameter in trained(module)])
    module.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
        assert torch.equal(scores, module(batch).scores)  # the cache held no perturbed weights
        expected = torch.cat([gradient.flatten() for gradient in by_hand(module, batch, 2.0, False)[1]])
        plain = torch.cat([g.flatten() for g in torch.autograd.grad(module(batch).loss, trained(module))])
    near, far = (torch.linalg.vector_norm(found - other) for other in (expected, plain))
    assert near < 0.02 * far


def test_weights_are_restored_if_the_second_pass_fails():
    module, batch = module_of(SharpnessAwareMinimization(rho=0.5, adaptive=False))
    before = [parameter.detach().clone() for parameter in trained(module)]
    calls = []

    def compute():
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError
        return module(batch).loss

    with pytest.raises(MemoryError):
        module.regularizers[0].around(module, compute)
    assert all(torch.equal(*pair) for pair in zip(before, trained(module), strict=True))


def test_strength_0_is_plain_training_and_draws_nothing():
    assert_plain_training(SharpnessAwareMinimization(rho=0.0, adaptive=False))


@pytest.mark.parametrize("adaptive", [False, True])
def test_a_batch_in_which_nothing_counts(adaptive):
    backbone, head, batch, _ = tagging.build("bert", TokenClassification, "right", constrained=False)
    batch.targets["labels"].fill_(IGNORED)
    module = assembled(backbone, head, SharpnessAwareMinimization(rho=50.0, adaptive=adaptive))
    total = module.training_step(batch, 0)
    total.backward()
    assert total == 0 and not any(parameter.grad.any() for parameter in trained(module) if parameter.grad is not None)
