"""Dropout, weight decay that leaves out biases and norms, and gradient clipping."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import nn

from tunesmith.backbones.families import set_dropout
from tunesmith.configuration.ranges import BelowOne, NonNegativeFloat, PositiveFloat


class Standard(pl.Callback):
    """What nearly every fine-tuning recipe has.

    Args:
        hidden_dropout: probability to drop a hidden unit; null: as the backbone was published.
        attention_dropout: likewise of an attention weight.
        classifier_dropout: likewise of a unit before the head's projection.
        weight_decay: of every parameter but biases and norms.
        gradient_clip: largest norm of all gradients together; null: no clipping.
    """

    def __init__(
        self,
        *,
        hidden_dropout: BelowOne | None,
        attention_dropout: BelowOne | None,
        classifier_dropout: BelowOne | None,
        weight_decay: NonNegativeFloat,
        gradient_clip: PositiveFloat | None,
    ) -> None:
        self.dropout = {"hidden": hidden_dropout, "attention": attention_dropout, "classifier": classifier_dropout}
        self.weight_decay, self.gradient_clip = weight_decay, gradient_clip

    def configure_backbone(self, config: Any) -> None:
        """Set the dropouts."""
        set_dropout(config, **self.dropout)

    def parameter_options(self, name: str, parameter: nn.Parameter, module: Any) -> dict[str, float]:
        """No decay for biases and norms: all that is not a matrix, and biases that are (XLNet's)."""
        exempt = parameter.ndim < 2 or name.endswith("bias")
        return {"weight_decay": 0.0 if exempt else self.weight_decay}

    def on_before_optimizer_step(self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: Any) -> None:
        """Clip here and not in Lightning, which refuses to clip for fused optimizers."""
        if self.gradient_clip is not None:
            torch.nn.utils.clip_grad_norm_(pl_module.parameters(), self.gradient_clip)
