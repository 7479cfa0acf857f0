"""The pull of each weight equals the derivative of the paper's penalty, worked by hand in float64."""

import pytest
import torch

from tests.heads import test_language_model as language_model
from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import assembled, module_of
from tests.regularizers.resuming import assert_resumes
from tunesmith.regularizers.l2sp import L2SP


def moved(family="bert", **strengths):
    """A module whose weights have all moved by known distances, and these."""
    regularizer = L2SP(**strengths)
    module, batch = module_of(regularizer, family=family, dtype=torch.float64)
    regularizer.on_fit_start(None, module)
    torch.manual_seed(2)
    steps = {name: torch.randn_like(weight) for name, weight in module.named_parameters()}
    with torch.no_grad():
        for name, weight in module.named_parameters():
            weight += steps[name]
    return module, batch, regularizer, steps


def gradients(module, batch):
    module.zero_grad()
    module.training_step(batch, 0).backward()
    return {name: torch.zeros_like(w) if w.grad is None else w.grad for name, w in module.named_parameters()}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_pull(family):
    module, batch, _, steps = moved(family, alpha=0.3, beta=0.7)
    pulled, total = gradients(module, batch), module.training_step(batch, 0)
    module.regularizers = []
    plain, loss = gradients(module, batch), module.training_step(batch, 0)
    expected = 0.0
    for name, weight in module.named_parameters():
        if not weight.requires_grad:
            continue
        pretrained = name.startswith("backbone.") or "pooler" in name  # BERT's
        pull, distance = (0.3, steps[name]) if pretrained else (0.7, weight.detach())
        torch.testing.assert_close(pulled[name] - plain[name], pull * distance, atol=1e-9, rtol=1e-9, msg=name)
        expected += pull / 2 * (distance**2).sum()
    torch.testing.assert_close(total - loss, expected, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("alpha", [0.3, 0.0])
def test_the_head_of_a_language_model_is_pretrained(alpha):
    backbone, head, _, batch, _, _ = language_model.build("bert")
    head.prepare(batch, seed=1, epoch=0)
    regularizer = L2SP(alpha=alpha, beta=0.7)
    module = assembled(backbone, head, regularizer, dtype=torch.float64)
    regularizer.on_fit_start(None, module)
    with torch.no_grad():
        for weight in module.parameters():
            weight += 0.1
    total = module.training_step(batch, 0)
    module.regularizers = []
    count = sum(weight.numel() for weight in module.parameters() if weight.requires_grad)
    torch.testing.assert_close((total - module.training_step(batch, 0)).item(), alpha / 2 * 0.01 * count)


def test_strength_zero_is_plain_training():
    module, batch, regularizer, _ = moved(alpha=0, beta=0)
    total = module.training_step(batch, 0)
    module.regularizers = []
    assert torch.equal(total, module.training_step(batch, 0)) and not regularizer.state_dict()


def test_frozen_weights_are_left_out():
    regularizer = L2SP(alpha=1.0, beta=0.0)
    module, _ = module_of(regularizer)
    module.backbone.embeddings.weight.requires_grad_(False)
    regularizer.on_fit_start(None, module)
    assert "backbone.model.embeddings.word_embeddings.weight" not in regularizer.state_dict()


def test_a_resumed_run_has_the_pretrained_weights(tmp_path, monkeypatch):
    assert_resumes(["regularization=[standard,l2sp]"], tmp_path, monkeypatch)


def test_the_pretrained_weights_come_from_the_checkpoint():
    _, _, regularizer, _ = moved(alpha=1.0, beta=0.0)
    saved = {name: value.clone() for name, value in regularizer.state_dict().items()}
    module, _, other, _ = moved(alpha=1.0, beta=0.0)
    other.on_fit_start(None, module)  # of a run that resumes, whose module is another
    assert any(not torch.equal(other.state_dict()[name], value) for name, value in saved.items())
    other.load_state_dict(saved)
    assert all(torch.equal(other.state_dict()[name], value) for name, value in saved.items())
