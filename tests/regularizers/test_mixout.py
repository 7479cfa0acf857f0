"""The mixed weights equal the paper's equation, of whole neurons or of elements; their mean is the trained weight."""

import copy

import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from tests.conftest import checked
from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import module_of, refusal
from tests.regularizers.resuming import assert_resumes
from tunesmith.configuration.added_settings import with_added
from tunesmith.configuration.identity import run_id
from tunesmith.regularizers.mixout import Mixout, mixed

MASKS = ("elements", "neurons")
XLNET = {f"backbone.model.layer.{layer}.rel_attn.{name}" for layer in range(2) for name in "qkvor"}


def moved(probability, family="bert", dtype=torch.float64, mask="neurons"):
    """A module whose weights have moved away from the pretrained ones."""
    regularizer = Mixout(probability=probability, mask=mask)
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


def responses(module, name, weight):
    """(inputs, outputs) what a layer with a weight returns for each input alone: the weights that leave a neuron.

    Read off the layer itself, whatever the order of its dimensions; XLNet's products are those of its attention.
    """
    path, _, own = name.rpartition(".")
    if name in XLNET:
        inputs = weight.shape[1] * weight.shape[2] if own == "o" else weight.shape[0]
        unit = torch.eye(inputs, dtype=weight.dtype)
        if own == "o":
            return torch.einsum("ind,hnd->ih", unit.view(inputs, *weight.shape[1:]), weight)
        return torch.einsum("ih,hnd->ind", unit, weight).flatten(1)
    layer = copy.deepcopy(module.get_submodule(path))
    layer.weight = nn.Parameter(weight, requires_grad=False)
    if layer.bias is not None:
        layer.bias.data.zero_()
    inputs = layer.in_features if isinstance(layer, nn.Linear) else layer.nx
    return layer(torch.eye(inputs, dtype=weight.dtype))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_neurons_are_mixed(family):
    """Equation 5 with one draw for each input neuron, all of whose outgoing weights are the pretrained ones or none."""
    p = 0.75
    module, _, regularizer, start = moved(p, family)
    neurons, replaced = 0, 0
    for name, value in regularizer.forward_weights(module).items():
        trained = module.get_parameter(name).detach()
        found, w0, w = (responses(module, name, weight.detach()) for weight in (value, start[name], trained))
        pretrained = (found - w0).abs().amax(1) < 1e-12  # (inputs,)
        expected = torch.where(pretrained.unsqueeze(1), w0, (w - p * w0) / (1 - p))
        torch.testing.assert_close(found, expected)
        neurons, replaced = neurons + len(pretrained), replaced + int(pretrained.sum())
    assert replaced / neurons == pytest.approx(p, abs=5 * (p * (1 - p) / neurons) ** 0.5)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_elements_are_mixed(family):
    p = 0.75  # a multiple of 2^-16, to which probabilities are rounded
    module, _, regularizer, start = moved(p, family, mask="elements")
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


@pytest.mark.parametrize("shared", [(), (0,)])
def test_the_expectation_is_the_trained_weight(shared):
    torch.manual_seed(0)
    w, w0 = torch.randn(2, 3), torch.randn(2, 3)
    mean = torch.stack([mixed(w, w0, 0.8, shared=shared) for _ in range(20_000)]).mean(0)
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


def test_earlier_runs_mixed_elements():
    earlier, later = (
        checked(["regularization=[standard,mixout]", f"regularization.mixout.mask={mask}"]) for mask in MASKS
    )
    assert run_id(earlier) != run_id(later)
    del earlier["regularization"]["mixout"]["mask"]  # as it was saved
    assert with_added(earlier)["regularization"]["mixout"]["mask"] == "elements" and run_id(earlier) == run_id(
        with_added(earlier)
    )


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
