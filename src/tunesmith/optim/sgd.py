"""Stochastic gradient descent with momentum."""

from typing import Any

from torch.optim import SGD

from tunesmith.configuration.ranges import BelowOne, NonNegativeFloat, PositiveFloat


def sgd(
    groups: list[dict[str, Any]],
    fused: bool,
    *,
    lr: PositiveFloat,
    weight_decay: NonNegativeFloat,
    momentum: BelowOne,
    nesterov: bool,
) -> SGD:
    """PyTorch's SGD."""
    return SGD(groups, lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov, fused=fused)
