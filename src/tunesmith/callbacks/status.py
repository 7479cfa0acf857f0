"""Says in status.json how far the run is, for a sweep's table and for anyone who looks."""

import time
from typing import Any

import pytorch_lightning as pl

from tunesmith.runs.folder import RunFolder

_SECONDS = 1.0  # between two notes within an epoch


class Status(pl.Callback):
    """Step, number of steps and the last scores.

    Args:
        run: whose status it is.
        steps: optimizer steps of the whole run.
    """

    def __init__(self, run: RunFolder, steps: int) -> None:
        self._run, self._steps = run, steps
        self._written = 0.0
        self._scores: dict[str, float] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The first step is about to begin."""
        self._write(trainer)

    def on_train_batch_end(self, trainer: pl.Trainer, *arguments: Any) -> None:
        """At most once a second."""
        if time.monotonic() - self._written > _SECONDS:
            self._write(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """With the epoch's scores."""
        if trainer.state.fn == "fit":
            self._scores = {f"validation/{name}": value for name, value in pl_module.scores.items()}
            self._write(trainer)

    def _write(self, trainer: pl.Trainer) -> None:
        self._written = time.monotonic()
        self._run.set_state("running", step=trainer.global_step, steps=self._steps, scores=self._scores)
