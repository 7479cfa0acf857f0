"""AdamW whose moments take 8 bits each (Dettmers et al., 2022), by bitsandbytes."""

from typing import Any

import torch

from tunesmith.configuration.ranges import NonNegativeFloat, Pair, PositiveFloat
from tunesmith.errors import UserError


def adamw_8bit(
    groups: list[dict[str, Any]],
    fused: bool,
    *,
    lr: PositiveFloat,
    weight_decay: NonNegativeFloat,
    betas: Pair,
    eps: PositiveFloat,
) -> torch.optim.Optimizer:
    """bitsandbytes' AdamW8bit: moments quantised in blocks; those of parameters with less than 4,096 elements keep 32 bits.

    Raises:
        UserError: if bitsandbytes is not installed, or the parameters are not on a GPU.
    """
    try:
        from bitsandbytes.optim import AdamW8bit
    except ImportError as error:
        raise UserError(
            "optimizer=adamw_8bit needs bitsandbytes, which is not installed; run: pip install 'tunesmith[gpu8bit]', or choose "
            "optimizer=adamw"
        ) from error
    if not _on_gpu(groups):
        raise UserError(
            "optimizer=adamw_8bit saves the memory of a GPU, but this run is on the CPU; choose optimizer=adamw, or a "
            "trainer.accelerator that has a GPU"
        )
    found: torch.optim.Optimizer = AdamW8bit(
        groups, lr=lr, weight_decay=weight_decay, betas=(betas[0], betas[1]), eps=eps
    )
    return found


def _on_gpu(groups: list[dict[str, Any]]) -> bool:
    return all(parameter.is_cuda for group in groups for parameter in group["params"])
