"""AdamW with and without bias correction against the formulas of the papers, by hand."""

import copy

import pytest
import torch

from tests.conftest import checked
from tunesmith.configuration import added_settings
from tunesmith.configuration.identity import run_id
from tunesmith.optim.adamw import adamw

BETAS, EPS = (0.8, 0.95), 1e-3
GROUPS = [(0.1, 0.2), (0.03, 0.0)]  # learning rate and weight decay


def parameters(dtype=torch.float64):
    torch.manual_seed(0)
    return [torch.nn.Parameter(torch.randn(shape, dtype=dtype)) for shape in ((4, 3), (5,))]


def made(weights, *, bias_correction, fused=True):
    groups = [{"params": [p], "lr": lr, "weight_decay": wd} for p, (lr, wd) in zip(weights, GROUPS, strict=True)]
    return adamw(groups, fused, lr=1.0, weight_decay=0.5, betas=list(BETAS), eps=EPS, bias_correction=bias_correction)


def step(optimizer, weights, number, factor=1.0):
    """One step with gradients that depend on its number, and the learning rate of a schedule."""
    generator = torch.Generator().manual_seed(number)
    for group, (lr, _) in zip(optimizer.param_groups, GROUPS, strict=True):
        group["lr"] = lr * factor
    for weight in weights:
        weight.grad = torch.randn(weight.shape, generator=generator, dtype=torch.float64).to(weight.dtype)
    optimizer.step()


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("correction", [True, False])
def test_steps_are_those_of_the_papers(correction, fused):
    weights = parameters()
    optimizer = made(weights, bias_correction=correction, fused=fused)
    expected, first, second = [w.detach().clone() for w in weights], [0, 0], [0, 0]
    for number in range(1, 8):
        factor = (number - 1) / 4  # a warm-up, whose first learning rate is zero
        step(optimizer, weights, number, factor)
        for place, (lr, decay) in enumerate(GROUPS):
            gradient = weights[place].grad
            first[place] = BETAS[0] * first[place] + (1 - BETAS[0]) * gradient
            second[place] = BETAS[1] * second[place] + (1 - BETAS[1]) * gradient**2
            c1, c2 = (1 - beta**number if correction else 1 for beta in BETAS)
            update = (first[place] / c1) / ((second[place] / c2) ** 0.5 + EPS) + decay * expected[place]
            expected[place] = expected[place] - lr * factor * update
        for found, value in zip(weights, expected, strict=True):
            torch.testing.assert_close(found.detach(), value, atol=1e-13, rtol=1e-12)
    assert [(group["eps"], group["weight_decay"]) for group in optimizer.param_groups] == [(EPS, 0.2), (EPS, 0.0)]
    assert optimizer.param_groups[0]["lr"] == 0.1 * factor


@pytest.mark.parametrize("fused", [True, False])
def test_a_weight_that_waits_begins_with_its_own_first_step(fused):
    """As under gradual unfreezing: without a gradient a weight has no step, and another of its group has."""
    waiting, other = (torch.nn.Parameter(torch.ones(3, dtype=torch.float64)) for _ in range(2))
    groups = [{"params": [other, waiting], "lr": 0.1, "weight_decay": 0.2}]
    optimizer = adamw(groups, fused, lr=1.0, weight_decay=0.5, betas=list(BETAS), eps=EPS, bias_correction=False)
    gradient = torch.tensor([0.5, -2.0, 1.0], dtype=torch.float64)
    for step in range(7):
        other.grad, waiting.grad = gradient.clone(), gradient.clone() if step > 4 else None
        optimizer.step()
    expected, first, second = torch.ones(3, dtype=torch.float64), 0, 0
    for _ in range(2):
        first, second = (
            beta * old + (1 - beta) * gradient**power
            for beta, old, power in zip(BETAS, (first, second), (1, 2), strict=True)
        )
        expected = expected - 0.1 * (first / (second**0.5 + EPS) + 0.2 * expected)
    torch.testing.assert_close(waiting.detach(), expected, atol=1e-13, rtol=1e-12)


def test_a_state_with_one_count_for_a_group_is_read():
    """As it was saved before each parameter had its own."""
    weights = parameters()
    optimizer = made(weights, bias_correction=False)
    step(optimizer, weights, 1)
    state = copy.deepcopy(optimizer.state_dict())
    for group in state["param_groups"]:
        group["steps"] = 1
    older = copy.deepcopy(weights)
    resumed = made(older, bias_correction=False)
    resumed.load_state_dict(state)
    step(optimizer, weights, 2)
    step(resumed, older, 2)
    assert all(torch.equal(one, other) for one, other in zip(weights, older, strict=True))


def test_the_count_of_steps_is_in_the_state():
    states = []
    for resumed in (False, True):
        weights = parameters(torch.float32)
        optimizer = made(weights, bias_correction=False)
        for number in range(1, 9):
            if resumed and number == 4:
                state, weights = copy.deepcopy(optimizer.state_dict()), copy.deepcopy(weights)
                optimizer = made(weights, bias_correction=False)
                optimizer.load_state_dict(state)
            step(optimizer, weights, number)
        states.append(weights)
    assert all(torch.equal(one, other) for one, other in zip(*states, strict=True))


def test_a_step_that_fails_leaves_the_settings():
    weights = parameters()
    optimizer = made(weights, bias_correction=False)

    def fail():
        raise KeyError

    with pytest.raises(KeyError):
        optimizer.step(fail)
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.03]


def test_earlier_runs_keep_their_ids():
    config = checked([])
    earlier = copy.deepcopy(config)
    del earlier["optimizer"]["bias_correction"]
    assert run_id(earlier) == run_id(config) and added_settings.with_added(earlier) == config
    assert run_id(checked(["optimizer.bias_correction=false"])) != run_id(config)
