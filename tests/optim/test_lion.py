"""Lion against the paper's algorithm by hand."""

import pytest
import torch

from tunesmith.optim.lion import lion


def test_steps_are_those_of_algorithm_2():
    torch.manual_seed(0)
    weights = [torch.nn.Parameter(torch.randn(shape, dtype=torch.float64)) for shape in ((4, 3), (5,))]
    rates, decays = (0.1, 0.03), (0.2, 0.0)
    groups = [{"params": [w], "lr": r, "weight_decay": d} for w, r, d in zip(weights, rates, decays, strict=True)]
    optimizer = lion(groups, True, lr=1.0, weight_decay=0.5, betas=[0.7, 0.9])
    expected, momentum = [weight.detach().clone() for weight in weights], [0, 0]
    for _ in range(4):
        for weight in weights:
            weight.grad = torch.randn_like(weight)
        optimizer.step()
        for place, (lr, decay) in enumerate(zip(rates, decays, strict=True)):  # Chen et al. (2023), algorithm 2
            gradient = weights[place].grad
            update = torch.sign(0.7 * momentum[place] + 0.3 * gradient)
            momentum[place] = 0.9 * momentum[place] + 0.1 * gradient
            expected[place] = expected[place] - lr * (update + decay * expected[place])
        for found, value in zip(weights, expected, strict=True):
            torch.testing.assert_close(found.detach(), value)


def test_no_group_gets_the_default_where_it_has_its_own():
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.1}]
    (group,) = lion(groups, True, lr=1.0, weight_decay=0.5, betas=[0.9, 0.99]).param_groups
    assert (group["lr"], group["weight_decay"]) == (pytest.approx(0.1), 0.5)
