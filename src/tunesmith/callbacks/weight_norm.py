"""The norm of the trained weights after an optimizer step that is logged."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch


class WeightNorm(pl.Callback):
    """Lightning calls it before the module logs; the norm stays on the device."""

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Hand the norm to the module, in steps whose values are logged."""
        if pl_module.logs_this_step:
            weights = [parameter.detach() for parameter in pl_module.parameters() if parameter.requires_grad]
            pl_module.metrics.note_norm("weight_norm", torch.nn.utils.get_total_norm(weights))


def weight_norm(folder: Path, monitor: str, mode: str) -> WeightNorm:
    """The L2 norm of all weights that are trained, as `train/weight_norm`."""
    return WeightNorm()
