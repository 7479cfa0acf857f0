"""Class weights in the loss, so that rare labels count more."""

from typing import Any, Literal

import pytorch_lightning as pl
import torch

from tunesmith.configuration.ranges import PositiveFloat
from tunesmith.errors import UserError
from tunesmith.errors.messages import listed


class ClassWeights(pl.Callback):
    """Weights of the labels in the training loss, as PyTorch's losses define them.

    Args:
        weights: one number for each label; or `balanced`: examples / (labels * count) as in scikit-learn, or for
            multi-label problems (examples - count) / count.
    """

    needs = ("class_weights",)
    problems = ("single_label", "multi_label")

    def __init__(self, *, weights: Literal["balanced"] | list[PositiveFloat]) -> None:
        self.weights = weights
        self._tensor: torch.Tensor | None = None

    def setup(self, trainer: pl.Trainer, pl_module: Any, stage: str) -> None:
        """Count the training labels, or check the number of weights."""
        if stage != "fit":
            return
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        task, names = data.task, data.task.label_names
        if self.weights != "balanced":
            if len(self.weights) != len(names):
                raise UserError(
                    f"regularization.class_weights.weights has {len(self.weights)} weights, but there are {len(names)} labels: "
                    f"{listed(names)}"
                )
            self._tensor = torch.tensor(self.weights)
            return
        split = data.splits["train"]
        found = torch.as_tensor(task.label_counts(split))
        counts = found.clamp(min=1)
        if getattr(task, "problem", None) == "multi_label":
            self._tensor = (len(split.examples) - counts) / counts
        else:
            self._tensor = found.sum() / (len(names) * counts)

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Apply the weights in training."""
        if pl_module.head.class_weights is None and self._tensor is not None:
            pl_module.head.class_weights = self._tensor.to(pl_module.device, torch.float32)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Report the unweighted loss."""
        pl_module.head.class_weights = None
