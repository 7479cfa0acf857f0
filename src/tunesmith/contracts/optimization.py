"""Tries an optimizer and a schedule of a plugin before a run: on one weight for a step, and on the steps of a run."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from tunesmith.configuration.plugin_errors import explained
from tunesmith.configuration.targets import factory
from tunesmith.errors import UserError
from tunesmith.runs.loadable import check_loadable

_STEPS = (10, 1_000_000)  # a schedule may need more than a few, such as a warm-up of 100
_TRIED = 1000  # of them, at the same distance; LambdaLR asks for the step behind the last one, too


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
        made.step(lambda: float(weight.square().sum()))  # Lightning gives each optimizer one
        made.load_state_dict(state := made.state_dict())
    check_loadable(state, f"the state of {name}")
    if not weight.isfinite().all():
        yield f"{name}: expected finite weights after a step, received {weight.flatten()[0].item()}"


def of_schedule(node: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a schedule, found by its factors: those of a short run, if these are wrong those of a long one.

    Args:
        node: of the config, with its target.
    """
    mistakes = [_mistake_of_schedule(node, steps) for steps in _STEPS]
    if all(mistakes):
        yield mistakes[0]


def check_schedule(node: Mapping[str, Any], *, steps: int) -> None:
    """Try a schedule of a plugin for the run's own number of optimizer steps.

    Raises:
        UserError: if one of its factors is none.
    """
    if not node["_target_"].startswith("tunesmith.") and (mistake := _mistake_of_schedule(node, steps)):
        raise UserError(mistake)


def _mistake_of_schedule(node: Mapping[str, Any], steps: int) -> str:
    name = node["_target_"]
    expected = "expected a function from the optimizer step to a factor of the learning rate, a number of at least 0"
    try:
        with explained():
            schedule = factory(node, group="scheduler")(steps)
            if not callable(schedule):
                return f"{name} gives {type(schedule).__name__}; {expected}"
            for step in (*range(0, steps, -(-steps // _TRIED)), steps):
                factor = schedule(step)
                if not isinstance(factor, int | float) or not math.isfinite(factor) or factor < 0:
                    return f"{name}: {expected}, received {factor!r} at step {step} of {steps}"
    except UserError as error:
        return str(error)
    return ""
