"""The mixed weights equal the paper's equation elementwise, and their mean over many masks is the trained weight."""

import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import module_of, refusal
from tests.regularizers.resuming import assert_resumes
from tunesmith.regularizers.mixout import Mixout, mixed

XLNET = {f"backbone.model.layer.{layer}.rel_attn.{name}" for layer in range(2) for name in "qkvor"}


def moved(probability, family="bert", dtype=torch.float64):
    """A module whose weights have moved away from the pretrained ones."""
    regularizer = Mixout(probability=probability)
    module, batch = module_of(regularizer, family=family, dtype=dtype)
    regularizer.on_fit_start(None, module)
    start = {name: weight.detach().clone() for name, weight in module.named_parameters()}
    torch.manual_seed(2)
    with torch.no_grad():
        for weight in module.parameters():
            weight += 0.1 * torch.randn_like(weight)
    return module, batch, regularizer, start


def linear_weights(module):
    """The matrices of the backbone's linear layers; XLNet's attention has plain parameters."""
    found = {f"{name}.weight" for name, part in module.named_modules() if isinstance(part, nn.Linear | Conv1D)}
    names = {name for name in found if name.startswith("backbone.")}
    return names | (XLNET if module.backbone.config.model_type == "xlnet" else set())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_mixed_weights(family):
    p = 0.75  # a multiple of 2^-16, to which probabilities are rounded
    module, _, regularizer, start = moved(p, family)
    found = regularizer.forward_weights(module)
    assert found.keys() == linear_weights(module)
    for name, value in found.items():
        w0, w = start[name], module.get_parameter(name).detach()
        mask = (value - w0).abs() < 1e-12  # these are the pretrained ones
        mix = torch.where(mask, w0, w)
        torch.testing.assert_close(value, (mix - p * w0) / (1 - p))
        assert mask.double().mean() == pytest.approx(p, abs=5 * (p * (1 - p) / mask.numel()) ** 0.5)
        (gradient,) = torch.autograd.grad(value.sum(), module.get_parameter(name))
        torch.testing.assert_close(gradient, (~mask).double() / (1 - p))


def test_the_expectation_is_the_trained_weight():
    torch.manual_seed(0)
    w, w0 = torch.randn(2, 3), torch.randn(2, 3)
    mean = torch.stack([mixed(w, w0, 0.8) for _ in range(20_000)]).mean(0)
    deviation = (w - w0).abs() * (0.8 / 0.2) ** 0.5 / 20_000**0.5
    assert ((mean - w).abs() < 5 * deviation).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_probability_one_trains_with_the_pretrained_weights(family):
    module, batch, _, start = moved(1.0, family)
    loss = module.training_step(batch, 0)
    loss.backward()
    with torch.no_grad():  # the reference: a module that has these weights
        for name, weight in module.named_parameters():
            if name in linear_weights(module):
                assert weight.grad is not None and not weight.grad.any(), name  # DDP needs it
                weight.copy_(start[name])
    module.regularizers = []
    torch.testing.assert_close(module.training_step(batch, 0), loss)


def test_probability_zero_is_plain_training_and_draws_nothing():
    module, batch, regularizer, _ = moved(0.0, dtype=torch.float32)
    state = torch.get_rng_state()
    total = module.training_step(batch, 0)
    assert torch.equal(torch.get_rng_state(), state) and not regularizer.state_dict()
    module.regularizers = []
    assert torch.equal(module.training_step(batch, 0), total)


def test_each_pass_has_its_own_mask_and_evaluation_none():
    module, batch, _, _ = moved(0.5)
    losses = {module.training_step(batch, 0).item() for _ in range(3)}
    assert len(losses) == 3
    module.eval()
    assert torch.equal(module(batch).loss, module(batch).loss)


def test_a_resumed_run_has_the_pretrained_weights(tmp_path, monkeypatch):
    words = ["regularization=[standard,mixout]", "backbone=random_gpt2", "trainer.precision=bf16-mixed"]
    assert_resumes(words, tmp_path, monkeypatch)


def test_the_pretrained_weights_come_from_the_checkpoint():
    _, _, regularizer, start = moved(1.0)
    module, _, other, _ = moved(1.0)
    other.on_fit_start(None, module)  # of a run that resumes, whose module is another
    other.load_state_dict(regularizer.state_dict())
    assert all(torch.equal(value, start[name]) for name, value in other.forward_weights(module).items())


@pytest.mark.parametrize("frozen", ["backbone=true", "biases_only=true", "layers=2"])
def test_nothing_to_mix(frozen):
    words = ["regularization=[mixout,freeze]", f"regularization.freeze.{frozen}", "backbone.layers=2"]
    assert "mixes the matrices of the layers, and all of them are frozen" in refusal(*words)
