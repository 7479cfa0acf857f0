"""Label smoothing: a fraction of each target is spread over all labels (Szegedy et al., 2016)."""

from typing import Any

import pytorch_lightning as pl

from tunesmith.configuration.ranges import BelowOne


class LabelSmoothing(pl.Callback):
    """Targets become (1 - epsilon) * one-hot + epsilon / labels, in training only.

    Args:
        epsilon: the fraction.
    """

    needs = ("label_smoothing",)
    problems = ("single_label",)

    def __init__(self, *, epsilon: BelowOne) -> None:
        self.epsilon = epsilon

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Smooth the targets in training."""
        pl_module.head.label_smoothing = self.epsilon

    def on_validation_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Report the loss without smoothing."""
        pl_module.head.label_smoothing = 0.0
