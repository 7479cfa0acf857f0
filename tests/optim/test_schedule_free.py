"""Schedule-free AdamW against the paper's three sequences by hand, and in runs that are evaluated, interrupted and resumed."""

import copy
import csv
import signal

import pytest
import torch

from tests.conftest import checked
from tests.regularizers.modules import module_of
from tests.training.test_resume import WORDS, assert_same, cut
from tunesmith.errors import Interrupted, UserError
from tunesmith.optim.schedule_free import ScheduleFree
from tunesmith.training.train import train

CONSTANT = ["optimizer=schedule_free", "scheduler=constant", "scheduler.warmup_ratio=0"]
BETAS, EPS, WARMUP = (0.8, 0.95), 1e-3, 3


def made(groups):
    settings = {"lr": 0.1, "weight_decay": 0.2, "betas": list(BETAS), "eps": EPS, "warmup_steps": WARMUP}
    return ScheduleFree(groups, True, **settings)


def test_steps_are_those_of_algorithm_1():
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(4, 3, dtype=torch.float64))
    optimizer = made([{"params": [weight]}])
    x = z = y = weight.detach().clone()
    second, weights = 0, 0
    for number in range(1, 8):  # Defazio et al. (2024), algorithm 1
        weight.grad = gradient = torch.randn_like(weight)
        gradient = gradient.clone()
        optimizer.step()
        second = BETAS[1] * second + (1 - BETAS[1]) * gradient**2
        rate = 0.1 * min(1, number / WARMUP)
        step = gradient / ((second / (1 - BETAS[1] ** number)) ** 0.5 + EPS) + 0.2 * y
        z = z - rate * step
        weights += rate**2
        c = rate**2 / weights
        x = (1 - c) * x + c * z
        y = (1 - BETAS[0]) * z + BETAS[0] * x
        torch.testing.assert_close(weight.detach(), y)
        optimizer.eval()
        torch.testing.assert_close(weight.detach(), x)
        optimizer.train()
    assert (x - y).abs().max() > 0.01


def trained(steps=3):
    module, batch = module_of()
    module._make_optimizer, module._make_schedule = made, lambda total: lambda step: 1.0
    optimizer = module.configure_optimizers()["optimizer"]
    for _ in range(steps):
        module.training_step(batch, 0).backward()
        optimizer.step()
        optimizer.zero_grad()
    return module, optimizer


def test_the_average_is_evaluated_and_training_goes_on_bitwise():
    module, optimizer = trained()
    before = copy.deepcopy(module.state_dict())
    average = {}  # by the package's own switch
    reference, other = trained()
    other.eval()
    average = reference.state_dict()
    found = module.evaluated_state_dict()
    assert all(torch.equal(found[name], average[name]) for name in found)
    assert any(not torch.equal(found[name], before[name]) for name in found)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(group["train_mode"] for group in optimizer.param_groups)


@pytest.mark.parametrize("hook,call", [("on_train_batch_start", 4), ("on_validation_start", 1), ("on_train_end", 0)])
def test_a_run_resumes_bitwise(hook, call, tmp_path, monkeypatch):
    more = [*CONSTANT, "optimizer.warmup_steps=2"]
    uninterrupted = train(checked([*WORDS, *more, f"output_dir={tmp_path / 'uninterrupted'}"]))
    config = checked([*WORDS, *more, f"output_dir={tmp_path / 'cut'}"])
    cut(monkeypatch, hook, call, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(config)
    monkeypatch.undo()
    assert_same(uninterrupted, run := train(config))
    losses = [
        float(row["validation/loss"])
        for row in csv.DictReader((run.path / "metrics.csv").open())
        if row["validation/loss"]
    ]
    assert pytest.approx(run.scores()["validation/loss"]) in losses  # what was the best in training is scored and saved


@pytest.mark.parametrize(
    "words",
    [
        ["scheduler=linear"],
        ["scheduler=constant"],
        ["scheduler=constant", "scheduler.warmup_ratio=null", "scheduler.warmup_steps=5"],
    ],
)
def test_other_schedules_are_refused(words):
    with pytest.raises(
        UserError, match=r"set scheduler=constant scheduler\.warmup_ratio=0, and optimizer\.warmup_steps"
    ):
        checked(["optimizer=schedule_free", *words])


def test_what_averages_too_is_refused(monkeypatch):
    from tunesmith.configuration import schema

    real = schema.constants
    monkeypatch.setattr(
        schema,
        "constants",
        lambda node, *, group: (
            real(node, group=group) | ({"replaces": ("the evaluated weights",)} if group == "regularization" else {})
        ),
    )
    with pytest.raises(
        UserError, match="standard and optimizer ScheduleFree contradict each other: both replace the ev"
    ):
        checked([*CONSTANT, "regularization=[standard]"])


@pytest.mark.parametrize(
    "words,message",
    [
        ([*CONSTANT, "optimizer.betas=[0.0,0.999]"], "optimizer.betas"),  # it divides by the first
        (["optimizer=adafactor", "optimizer.beta2_decay=0.8"], r"optimizer.beta2_decay is 0.8; expected .* 0"),
        (["optimizer=sgd", "optimizer.momentum=0", "optimizer.nesterov=true"], "expected a momentum, such as 0.9"),
    ],
)
def test_settings_that_an_optimizer_cannot_have(words, message):
    with pytest.raises(UserError, match=message):
        checked(words)
