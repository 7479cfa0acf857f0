"""SMART against the paper's algorithm worked by hand, and a run whose teacher is interrupted."""

import copy
import signal

import pytest
import torch
from torch.distributions import Categorical, kl_divergence

from tests.conftest import TINY, checked
from tests.heads import test_token_classification as tagging
from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import assembled, assert_plain_training, module_of
from tests.training.test_resume import assert_same, cut
from tunesmith.errors import Interrupted
from tunesmith.heads.crf import Crf
from tunesmith.regularizers.smart import Smart
from tunesmith.training.train import train

SETTINGS = {
    "smoothness": 0.0,
    "sigma": 0.1,
    "step_size": 0.5,
    "epsilon": 0.3,
    "steps": 2,
    "proximal": 0.0,
    "early_momentum": 0.5,
    "momentum": 0.75,
}


def symmetric(p, q):
    p, q = Categorical(logits=p), Categorical(logits=q)
    return kl_divergence(p, q) + kl_divergence(q, p)


def decided(module):
    """With predictions that depend on the input."""
    with torch.no_grad():
        for parameter in module.head.parameters():
            parameter.mul_(10)
    return module


@pytest.mark.parametrize("family", FAMILIES)
def test_the_adversarial_penalty(family):
    module, batch = module_of(Smart(**SETTINGS | {"smoothness": 0.7}), family=family, side="left", dtype=torch.float64)
    torch.manual_seed(1)
    total = decided(module).training_step(batch, 0)
    torch.manual_seed(1)
    real = batch.inputs["attention_mask"].unsqueeze(-1)
    r = 0.1 * torch.randn(*real.shape[:2], 32, dtype=torch.float64) * real
    plain = module(batch)
    for _ in range(2):
        r = r.detach().requires_grad_()
        divergences = symmetric(plain.scores.detach(), module(batch, offset=r).scores)  # (batch,)
        climbed = r.detach().clone()
        for row in range(3):
            g = torch.autograd.grad(divergences[row], r, retain_graph=True)[0] * real  # padding may be read
            climbed[row] += 0.5 * g[row] / g[row].abs().max()
        r = climbed.clamp(-0.3, 0.3)
    assert (r * (1 - real)).abs().max() == 0 and r.abs().max() == 0.3
    divergence = symmetric(plain.scores, module(batch, offset=r).scores).mean()
    assert divergence > 1e-3
    torch.testing.assert_close(total, plain.loss + 0.7 * divergence, rtol=1e-4, atol=1e-5)


def test_the_distance_from_the_teacher():
    regularizer = Smart(**SETTINGS | {"proximal": 0.7})
    module, batch = module_of(regularizer)
    plain = decided(module)(batch).loss
    torch.testing.assert_close(module.training_step(batch, 0), plain)  # the teacher has the same weights
    teacher = copy.deepcopy(module)
    module.total_steps = 20
    for step in range(4):  # two early ones, two later
        module.trainer = type("Trainer", (), {"global_step": step})()
        momentum = 0.5 if step < 2 else 0.75
        with torch.no_grad():
            for parameter, own in zip(module.parameters(), teacher.parameters(), strict=True):
                parameter.add_(0.1 * torch.randn_like(parameter))
                own.copy_(momentum * own + (1 - momentum) * parameter)
        regularizer.after_update(module)
    total = module.training_step(batch, 0)
    scores, other = module(batch), teacher(batch)
    divergence = symmetric(scores.scores, other.scores).mean()
    assert divergence > 1e-2
    torch.testing.assert_close(total, scores.loss + 0.7 * divergence)
    total.backward()
    found = [parameter.grad for parameter in module.parameters()]
    module.zero_grad()
    (scores.loss + 0.7 * symmetric(scores.scores, other.scores.detach()).mean()).backward()
    torch.testing.assert_close(found, [parameter.grad for parameter in module.parameters()], rtol=1e-4, atol=1e-6)


def test_regression():
    """The squared difference, once, as the paper has it for both parts."""
    settings = SETTINGS | {"smoothness": 0.7, "step_size": 0.0, "proximal": 0.3}  # the noise is the perturbation
    module, batch = module_of(Smart(**settings), problem="regression", dtype=torch.float64)
    decided(module).training_step(batch, 0)  # the teacher is what the module is now
    teacher = module(batch).scores.detach()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    torch.manual_seed(1)
    total = module.training_step(batch, 0)
    torch.manual_seed(1)
    real = batch.inputs["attention_mask"].unsqueeze(-1)
    noise = (0.1 * torch.randn(*real.shape[:2], 32, dtype=torch.float64) * real).clamp(-0.3, 0.3)
    plain, noisy = module(batch), module(batch, offset=noise).scores
    penalties = [0.7 * (plain.scores - noisy).square().mean(), 0.3 * (plain.scores - teacher).square().mean()]
    assert min(penalties) > 1e-4
    torch.testing.assert_close(total, plain.loss + sum(penalties))


def test_the_weights_keep_their_gradient_after_the_teachers_pass_in_half_precision():
    module, batch = module_of(Smart(**SETTINGS | {"proximal": 1.0, "smoothness": 1.0}))
    with torch.autocast("cpu", torch.bfloat16):
        module.training_step(batch, 0).backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_a_crf():
    backbone, head, batch, _ = tagging.build("bert", Crf, "right", constrained=False, transition_lr_scale=1.0)
    module = assembled(backbone, head, Smart(**SETTINGS | {"smoothness": 1.0, "proximal": 1.0}))
    total = module.training_step(batch, 0)
    assert total > module(batch).loss
    total.backward()
    assert all(parameter.grad.isfinite().all() for parameter in module.parameters())


def test_strength_0_is_plain_training_and_draws_nothing():
    module = assert_plain_training(Smart(**SETTINGS))
    module.regularizers[0].after_update(module)
    assert not module.regularizers[0].state_dict()


def test_an_interrupted_run_has_the_same_teacher(tmp_path, monkeypatch):
    words = [*TINY, "dataset.batch_size=16", "trainer.log_every_n_steps=2", "trainer.max_epochs=2"]
    words += ["regularization=[standard,smart]", "trainer.precision=bf16-mixed", "regularization.smart.epsilon=0.01"]
    uninterrupted = train(checked([*words, f"output_dir={tmp_path / 'uninterrupted'}"]))
    config = checked([*words, f"output_dir={tmp_path / 'cut'}"])
    cut(monkeypatch, "on_train_batch_start", 4, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(config)
    monkeypatch.undo()
    assert_same(uninterrupted, train(config))
    monkeypatch.setattr(Smart, "load_state_dict", lambda self, state: None)
    other = checked([*words, f"output_dir={tmp_path / 'without'}"])
    cut(monkeypatch, "on_train_batch_start", 4, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(other)
    monkeypatch.undo()
    monkeypatch.setattr(Smart, "load_state_dict", lambda self, state: None)
    with pytest.raises(AssertionError):
        assert_same(uninterrupted, train(other))
