"""Dropout, weight decay except for biases and norms, and gradient clipping."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import nn

from tunesmith.backbones.families import set_dropout
from tunesmith.configuration.ranges import BelowOne, NonNegativeFloat, PositiveFloat
from tunesmith.errors import UserError
from tunesmith.regularizers.regularizer import Regularizer


class Standard(Regularizer):
    """The regularization of nearly every fine-tuning recipe.

    Args:
        hidden_dropout: dropout probability of hidden units; null: the published backbone's.
        attention_dropout: likewise for attention weights.
        classifier_dropout: likewise for the units before the head's projection.
        weight_decay: for all parameters except biases and norms.
        gradient_clip: maximum total norm of the gradients; null: no clipping.
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
        """Set the dropout probabilities."""
        set_dropout(config, **self.dropout)

    def configure_model(self, module: Any) -> None:
        """Look for the head's dropout.

        Raises:
            UserError: if it has none that the setting changes.
        """
        wanted = self.dropout["classifier"]
        found = (part.p for part in module.head.modules() if isinstance(part, nn.Dropout))
        if wanted and not any(probability == wanted for probability in found):
            raise UserError(
                f"regularization.standard.classifier_dropout is {wanted}, but this head of {module.backbone.config.model_type} has no "
                "dropout before its projection; set it to null"
            )

    def parameter_options(self, name: str, parameter: nn.Parameter, module: Any) -> dict[str, float]:
        """No decay for biases and norms: all parameters that are not matrices, and XLNet's biases, which are."""
        exempt = parameter.ndim < 2 or name.endswith("bias")
        return {"weight_decay": 0.0 if exempt else self.weight_decay}

    def on_before_optimizer_step(self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: Any) -> None:
        """Clip here, since Lightning refuses to clip with fused optimizers."""
        if self.gradient_clip is not None:
            torch.nn.utils.clip_grad_norm_(pl_module.parameters(), self.gradient_clip)
