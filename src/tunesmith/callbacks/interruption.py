"""Ctrl-C and SIGTERM end a run between two batches, with a checkpoint."""

import signal
from pathlib import Path
from types import FrameType
from typing import Any

import pytorch_lightning as pl


class Interrupted(Exception):  # noqa: N818 - what happened is no error
    """The run was told to stop; its state is in checkpoints/interrupted.ckpt."""


class Interruption(pl.Callback):
    """The first signal lets the batch finish and saves; a second one stops at once.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "checkpoints" / "interrupted.ckpt"
        self._received: int | None = None
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._received is not None or not self._training:
            raise Interrupted(signal.Signals(number).name)
        self._received = number
        print("\nStopping after this batch; once more to stop at once.", flush=True)

    _training = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """From here on there is something to save."""
        self._training = True

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The weights are kept by the checkpoint callback."""
        self._training = False

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Save and leave, if a signal came."""
        if self._received is not None:
            trainer.save_checkpoint(self._file)
            raise Interrupted(signal.Signals(self._received).name)
