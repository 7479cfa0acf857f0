"""Class weights in the loss, so that rare labels count more."""

from typing import Any, Literal

import pytorch_lightning as pl
import torch

from tunesmith.configuration.ranges import PositiveFloat
from tunesmith.errors import UserError
from tunesmith.errors.messages import listed
from tunesmith.regularizers.regularizer import Regularizer


class ClassWeights(Regularizer):
    """Weights of the labels in the training loss, as PyTorch's losses define them.

    Args:
        weights: one number for each label; or `balanced`: examples / (labels * count) as in scikit-learn, or for
            multi-label problems (examples - count) / count.
    """

    needs = ("class_weights",)
    problems = ("single_label", "multi_label")

    def __init__(self, *, weights: Literal["balanced"] | list[PositiveFloat]) -> None:
        self.weights = weights

    def check_task(self, task: Any) -> None:
        """Count the weights."""
        names = task.label_names
        if self.weights != "balanced" and len(self.weights) != len(names):
            raise UserError(
                f"regularization.class_weights.weights has {len(self.weights)} weights, but there are {len(names)} labels: "
                f"{listed(names)}"
            )

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Weight the labels of the head's loss in training."""
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        weights = self._weights(data.task, data.splits["train"])
        pl_module.head.training_loss.class_weights = weights.to(pl_module.device, torch.float32)

    def _weights(self, task: Any, split: Any) -> torch.Tensor:
        """(labels,) those of the config, or by the counts of the training labels."""
        if self.weights != "balanced":
            return torch.tensor(self.weights)
        found = torch.as_tensor(task.label_counts(split))
        counts = found.clamp(min=1)
        if getattr(task, "problem", None) == "multi_label":
            return (len(split.examples) - counts) / counts
        return found.sum() / (len(task.label_names) * counts)
