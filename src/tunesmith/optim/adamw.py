"""AdamW: Adam with decoupled weight decay (Loshchilov & Hutter, 2019)."""

from typing import Any

from torch.optim import AdamW

from tunesmith.configuration.ranges import NonNegativeFloat, Pair, PositiveFloat


def adamw(
    groups: list[dict[str, Any]],
    fused: bool,
    *,
    lr: PositiveFloat,
    weight_decay: NonNegativeFloat,
    betas: Pair,
    eps: PositiveFloat,
) -> AdamW:
    """PyTorch's AdamW; `fused`: one kernel for all parameters."""
    return AdamW(groups, lr=lr, weight_decay=weight_decay, betas=(betas[0], betas[1]), eps=eps, fused=fused)
