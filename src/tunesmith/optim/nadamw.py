"""NAdamW: AdamW with Nesterov momentum (Dozat, 2016)."""

from typing import Any

from torch.optim import NAdam

from tunesmith.configuration.ranges import NonNegativeFloat, Pair, PositiveFloat


def nadamw(
    groups: list[dict[str, Any]],
    fused: bool,
    *,
    lr: PositiveFloat,
    weight_decay: NonNegativeFloat,
    betas: Pair,
    eps: PositiveFloat,
    momentum_decay: NonNegativeFloat,
) -> NAdam:
    """PyTorch's NAdam with decoupled weight decay, which has no fused implementation."""
    return NAdam(
        groups,
        lr=lr,
        weight_decay=weight_decay,
        betas=(betas[0], betas[1]),
        eps=eps,
        momentum_decay=momentum_decay,
        decoupled_weight_decay=True,
    )
