"""Records the progress of a run in status.json, for the table of a sweep and for other readers."""

import time
from typing import Any

import pytorch_lightning as pl

from tunesmith.runs.folder import RunFolder

_SECONDS = 1.0  # between two updates within an epoch


class Status(pl.Callback):
    """Records the step, the total number of steps and the last scores.

    Args:
        run: folder with the status.json.
        steps: total number of optimizer steps.
    """

    def __init__(self, run: RunFolder, steps: int) -> None:
        self._run, self._steps = run, steps
        self._written = 0.0
        self._scores: dict[str, float] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the status before the first step."""
        self._write(trainer)

    def on_train_batch_end(self, trainer: pl.Trainer, *arguments: Any) -> None:
        """Update the status at most once a second."""
        if time.monotonic() - self._written > _SECONDS:
            self._write(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Update the status with the epoch's scores."""
        if trainer.state.fn == "fit":
            self._scores = {f"validation/{name}": value for name, value in pl_module.scores.items()}
            self._write(trainer)

    def _write(self, trainer: pl.Trainer) -> None:
        self._written = time.monotonic()
        self._run.set_state("running", step=trainer.global_step, steps=self._steps, scores=self._scores)
