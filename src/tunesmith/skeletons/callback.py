"""Writes the seconds of each epoch to `skeleton.csv` in the run's folder."""

import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from tunesmith.configuration.ranges import NonNegativeInt


class Skeleton(pl.Callback):
    """A line for each training epoch: its number and its seconds.

    Args:
        folder: the run's.
        monitor: the monitored score, such as `validation/accuracy`.
        mode: `max` or `min`, what is better.
        digits: of the seconds, behind the point.
    """

    def __init__(self, folder: Path, monitor: str, mode: str, *, digits: NonNegativeInt) -> None:
        self._file, self._digits, self._started = folder / "skeleton.csv", digits, 0.0

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Note the time."""
        self._started = time.monotonic()

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Write the line; on rank zero only."""
        if trainer.is_global_zero:
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(f"{trainer.current_epoch},{time.monotonic() - self._started:.{self._digits}f}\n")
