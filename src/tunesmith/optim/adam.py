"""Adam (Kingma & Ba, 2015)."""

from typing import Any

from torch.optim import Adam

from tunesmith.configuration.ranges import NonNegativeFloat, Pair, PositiveFloat


def adam(
    groups: list[dict[str, Any]],
    fused: bool,
    *,
    lr: PositiveFloat,
    weight_decay: NonNegativeFloat,
    betas: Pair,
    eps: PositiveFloat,
) -> Adam:
    """PyTorch's Adam; weight decay is added to the gradient."""
    return Adam(groups, lr=lr, weight_decay=weight_decay, betas=(betas[0], betas[1]), eps=eps, fused=fused)
