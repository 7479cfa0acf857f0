"""Adafactor: factored second moments, little memory (Shazeer & Stern, 2018)."""

from typing import Any

from torch.optim import Adafactor

from tunesmith.configuration.ranges import NonNegativeFloat, NonPositiveFloat, OptionalPair, PositiveFloat


def adafactor(
    groups: list[dict[str, Any]],
    fused: bool,
    *,
    lr: PositiveFloat,
    weight_decay: NonNegativeFloat,
    beta2_decay: NonPositiveFloat,
    eps: OptionalPair,
    clip_threshold: PositiveFloat,
) -> Adafactor:
    """PyTorch's Adafactor, which has no fused implementation."""
    return Adafactor(
        groups, lr=lr, weight_decay=weight_decay, beta2_decay=beta2_decay, eps=(eps[0], eps[1] or 0.0), d=clip_threshold
    )
