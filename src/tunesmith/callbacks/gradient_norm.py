"""The norm of the whole gradient of an optimizer step that is logged, before regularizers clip or change it."""

from typing import Any

import pytorch_lightning as pl
import torch


class GradientNorm(pl.Callback):
    """Comes before all regularizers in the Trainer's callbacks; the norm stays on the device."""

    def on_before_optimizer_step(self, trainer: pl.Trainer, pl_module: Any, optimizer: Any) -> None:
        """Hand the norm to the module, in steps whose values are logged."""
        if pl_module.logs_next_step:
            gradients = [parameter.grad for parameter in pl_module.parameters() if parameter.grad is not None]
            pl_module.metrics.note_norm("gradient_norm", torch.nn.utils.get_total_norm(gradients))
