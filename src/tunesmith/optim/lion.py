"""Lion: the sign of an interpolated momentum, with decoupled weight decay (Chen et al., 2023), by lion-pytorch."""

from typing import Any

from lion_pytorch import Lion

from tunesmith.configuration.ranges import NonNegativeFloat, Pair, PositiveFloat


def lion(
    groups: list[dict[str, Any]], fused: bool, *, lr: PositiveFloat, weight_decay: NonNegativeFloat, betas: Pair
) -> Lion:
    """lion-pytorch's Lion, which has no fused implementation; each step moves every weight by lr."""
    return Lion(groups, lr=lr, weight_decay=weight_decay, betas=(betas[0], betas[1]))
