"""The scores of an epoch, and which epoch is the best so far, as the progress, train.log and status.json tell them."""

from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl

from tunesmith.callbacks.checkpoint import Checkpoint
from tunesmith.documents.numbers import score


@dataclass(frozen=True)
class EpochScores:
    """What was scored after an epoch.

    Attributes:
        epoch: from 1.
        epochs: of the run, if it is not stopped early.
        scores: by name, without their split; those of the task first, the loss last.
        is_best: whether it is better than all before it; false without a checkpoint, which keeps the best weights.
        examples: that were scored.
    """

    epoch: int
    epochs: int
    scores: dict[str, float]
    is_best: bool
    examples: int

    @classmethod
    def of(cls, trainer: pl.Trainer, module: Any) -> "EpochScores":
        """Those of a validation that has just ended; to be called before the checkpoint takes it into account."""
        datamodule: Any = trainer.datamodule  # type: ignore[attr-defined]
        names = [*datamodule.task.metric_names, "loss"]
        scores = {name: float(module.scores[name]) for name in names if name in module.scores}
        checkpoint = checkpoint_of(trainer)
        is_best = checkpoint is not None and checkpoint.improves(float(trainer.callback_metrics[checkpoint.monitor]))
        examples = len(datamodule.splits["validation"].examples)
        return cls(trainer.current_epoch + 1, epochs_of(trainer), scores, is_best, examples)

    @property
    def shown(self) -> list[str]:
        """Each score as `accuracy 0.936`."""
        return [f"{name} {score(value, self.examples)}" for name, value in self.scores.items()]


def epochs_of(trainer: pl.Trainer) -> int:
    """Epochs of a run that is not stopped early; the last one may be cut by `trainer.max_steps`."""
    epochs = trainer.max_epochs or 1
    steps = -(-int(trainer.num_training_batches) // trainer.accumulate_grad_batches)
    return epochs if trainer.max_steps < 0 else min(epochs, -(-trainer.max_steps // max(steps, 1)))


def checkpoint_of(trainer: pl.Trainer) -> Checkpoint | None:
    """The callback that keeps the best weights, if the run has one."""
    return next((callback for callback in trainer.checkpoint_callbacks if isinstance(callback, Checkpoint)), None)


def best_so_far(trainer: pl.Trainer, examples: int) -> str:
    """`best accuracy 0.936`; empty before the first epoch, and without a checkpoint."""
    checkpoint = checkpoint_of(trainer)
    if checkpoint is None or checkpoint.best_value is None:
        return ""
    return f"best {checkpoint.monitor.rpartition('/')[2]} {score(checkpoint.best_value, examples)}"
