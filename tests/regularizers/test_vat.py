"""Virtual adversarial training against the paper's equations, with numerical derivatives."""

import pytest
import torch
from torch.distributions import Categorical, kl_divergence

from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import assert_plain_training, module_of
from tunesmith.regularizers.vat import VirtualAdversarialTraining


@pytest.mark.parametrize("family", FAMILIES)
def test_the_papers_loss(family):
    module, batch = module_of(
        VirtualAdversarialTraining(alpha=0.5, epsilon=2.0, xi=0.5), family=family, dtype=torch.float64
    )
    torch.manual_seed(1)
    total = module.training_step(batch, 0)
    torch.manual_seed(1)
    real = batch.inputs["attention_mask"].unsqueeze(-1)
    d = torch.randn(*real.shape[:2], 32, dtype=torch.float64) * real
    p = module(batch)
    constant = Categorical(logits=p.scores.detach())
    adversarial = torch.zeros_like(d)
    for row in range(len(d)):  # each example on its own
        r = torch.zeros_like(d)
        r[row] = 0.5 * d[row] / d[row].norm()
        r.requires_grad_()
        changed = kl_divergence(constant, Categorical(logits=module(batch, offset=r).scores))[row]
        g = (torch.autograd.grad(changed, r)[0] * real)[row]  # XLNet reads the last token, padding too
        adversarial[row] = 2.0 * g / g.norm()
    assert (adversarial * (1 - real)).abs().max() == 0
    divergence = kl_divergence(constant, Categorical(logits=module(batch, offset=adversarial).scores)).mean()
    loss = torch.nn.functional.cross_entropy(p.scores, batch.targets["labels"])
    torch.testing.assert_close(total, loss + 0.5 * divergence, rtol=1e-4, atol=1e-6)
    random = kl_divergence(constant, Categorical(logits=module(batch, offset=4 * r.detach()).scores))
    assert divergence > random.mean()  # it is worse than a random perturbation


def test_the_target_is_constant():
    module, batch = module_of(VirtualAdversarialTraining(alpha=3.0, epsilon=1.0, xi=0.5))
    torch.manual_seed(1)
    module.training_step(batch, 0).backward()
    found = module.head.stem.classifier.weight.grad.clone()
    module.zero_grad()
    plain, perturbed = module(batch), None
    torch.manual_seed(1)
    real = batch.inputs["attention_mask"].unsqueeze(-1)
    d = torch.randn(*real.shape[:2], 32) * real
    r = (0.5 * d / d.flatten(1).norm(dim=1)[:, None, None]).requires_grad_()
    constant = Categorical(logits=plain.scores.detach())
    g = torch.autograd.grad(kl_divergence(constant, Categorical(logits=module(batch, offset=r).scores)).sum(), r)[0]
    perturbed = module(batch, offset=g / g.flatten(1).norm(dim=1)[:, None, None]).scores
    (plain.loss + 3.0 * kl_divergence(constant, Categorical(logits=perturbed)).mean()).backward()
    torch.testing.assert_close(found, module.head.stem.classifier.weight.grad, rtol=1e-3, atol=1e-5)


def test_strength_0_is_plain_training_and_draws_nothing():
    assert_plain_training(VirtualAdversarialTraining(alpha=0.0, epsilon=1.0, xi=0.1))
