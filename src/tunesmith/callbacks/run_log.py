"""train.log: where training begins, the scores of each epoch as it ends, and the best so far."""

import logging
import time
from typing import Any

import pytorch_lightning as pl

from tunesmith.callbacks.epoch_scores import EpochScores, best_so_far
from tunesmith.documents.durations import duration

LOG = logging.getLogger("tunesmith")


class RunLog(pl.Callback):
    """Logs a line for each epoch; comes before the checkpoint, which Lightning calls last."""

    def __init__(self) -> None:
        self._epoch_began = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Note the time."""
        self._epoch_began = time.monotonic()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Log the epoch's scores."""
        if trainer.state.fn != "fit":
            return
        found = EpochScores.of(trainer, pl_module)
        now = time.monotonic()
        loss = trainer.progress_bar_metrics.get("loss")
        best = "the best so far" if found.is_best else best_so_far(trainer, found.examples)
        parts = [
            f"epoch {found.epoch}/{found.epochs}, step {trainer.global_step:,}",
            *([] if loss is None else [f"training loss {loss:.4f}"]),
            f"validation {', '.join(found.shown)}",
            *([best] if best else []),
            duration(now - self._epoch_began),
        ]
        LOG.info("%s", "; ".join(parts))
        self._epoch_began = now
