"""R3F against the paper's equation 4, with noise drawn again by hand."""

import pytest
import torch
from torch.distributions import Bernoulli, Categorical, kl_divergence

from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import assert_plain_training, module_of
from tunesmith.regularizers.r3f import R3F


def drawn(batch, noise, epsilon):
    """The noise, after the same seed."""
    shape = (*batch.inputs["input_ids"].shape, 32)
    unit = torch.randn(shape) if noise == "normal" else 2 * torch.rand(shape) - 1
    return epsilon * unit * batch.inputs["attention_mask"].unsqueeze(-1)


@pytest.mark.parametrize("noise", ["normal", "uniform"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_papers_loss(family, noise):
    module, batch = module_of(R3F(weight=0.5, epsilon=0.3, noise=noise), family=family, side="left")
    with torch.no_grad():  # predictions that the input decides
        for parameter in module.head.parameters():
            parameter.mul_(20)
    torch.manual_seed(1)
    total = module.training_step(batch, 0)
    torch.manual_seed(1)
    z = drawn(batch, noise, 0.3)
    words = module.backbone.embeddings
    real = words.forward
    p = Categorical(logits=module(batch).scores)
    try:  # the noise goes in where the embeddings are looked up; XLNet looks them up with the length first
        words.forward = lambda ids: real(ids) + (z.transpose(0, 1) if family == "xlnet" else z)
        q = Categorical(logits=module(batch).scores)
    finally:
        del words.forward
    symmetric = (kl_divergence(p, q) + kl_divergence(q, p)).mean()
    assert symmetric > 1e-3
    loss = torch.nn.functional.cross_entropy(p.logits, batch.targets["labels"])
    torch.testing.assert_close(total, loss + 0.5 * symmetric, rtol=1e-5, atol=1e-6)


def test_several_labels_and_regression():
    for problem, divergence in {
        "multi_label": lambda p, q: sum(
            kl_divergence(Bernoulli(logits=a), Bernoulli(logits=b)).sum(1).mean() for a, b in ((p, q), (q, p))
        ),
        "regression": lambda p, q: 2 * ((p - q) ** 2).mean(),  # of normal variables with variance 1/2
    }.items():
        module, batch = module_of(R3F(weight=2.0, epsilon=0.3, noise="uniform"), problem=problem)
        torch.manual_seed(1)
        total = module.training_step(batch, 0)
        torch.manual_seed(1)
        noisy = module(batch, offset=drawn(batch, "uniform", 0.3)).scores
        plain = module(batch)
        torch.testing.assert_close(total, plain.loss + 2.0 * divergence(plain.scores, noisy))


def test_strength_0_is_plain_training_and_draws_nothing():
    assert_plain_training(R3F(weight=0.0, epsilon=1e-5, noise="normal"))
