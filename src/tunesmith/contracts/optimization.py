"""Tries an optimizer and a schedule of a plugin before a run: on one weight for a step, and on all steps of a short run."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from tunesmith.configuration.plugin_errors import explained
from tunesmith.configuration.targets import factory

_STEPS = 10


def of_optimizer(node: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with an optimizer, found by a step.

    Args:
        node: of the config, with its target.
    """
    import torch

    name = node["_target_"]
    if "lr" not in node:  # which factors of parameter groups multiply
        yield f"{name} has no setting lr; expected (groups, fused, *, lr, ...)"
        return
    weight = torch.nn.Parameter(torch.ones(2, 2))
    groups = [{"params": [weight], "lr": node["lr"], "weight_decay": 0.0}]  # as for biases and norms
    with explained():
        made = factory(node, group="optimizer")(groups, False)
        if not isinstance(made, torch.optim.Optimizer):
            yield f"{name} gives {type(made).__name__}; expected a torch.optim.Optimizer"
            return
        weight.grad = torch.ones_like(weight)
        if callable(train := getattr(made, "train", None)):
            train()
        made.step()
        made.load_state_dict(made.state_dict())
    if not weight.isfinite().all():
        yield f"{name}: expected finite weights after a step, received {weight.flatten()[0].item()}"


def of_schedule(node: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a schedule, found by its factors.

    Args:
        node: of the config, with its target.
    """
    name = node["_target_"]
    expected = "expected a function from the optimizer step to a factor of the learning rate, a number of at least 0"
    with explained():
        schedule = factory(node, group="scheduler")(_STEPS)
        if not callable(schedule):
            yield f"{name} gives {type(schedule).__name__}; {expected}"
            return
        for step in range(_STEPS + 1):  # LambdaLR asks for the step behind the last one, too
            factor = schedule(step)
            if not isinstance(factor, int | float) or not math.isfinite(factor) or factor < 0:
                yield f"{name}: {expected}, received {factor!r} at step {step} of {_STEPS}"
                return
