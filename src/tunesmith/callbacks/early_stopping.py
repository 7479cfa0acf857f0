"""Stops when the monitored score has not improved for some epochs."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping
from pytorch_lightning.callbacks.early_stopping import EarlyStoppingReason

from tunesmith.callbacks.epoch_scores import epochs_of
from tunesmith.configuration.ranges import NonNegativeFloat, PositiveInt
from tunesmith.runs.stopped_early import StoppedEarly


def early_stopping(
    folder: Path, monitor: str, mode: str, *, patience: PositiveInt, min_delta: NonNegativeFloat
) -> EarlyStopping:
    """Lightning's EarlyStopping; a score that is not a number is no improvement.

    It counts at the end of the validation, before the checkpoint saves the training state: its count is then in that state,
    whenever the run is interrupted.

    Args:
        patience: epochs without improvement.
        min_delta: smallest change that counts as an improvement.
    """
    return EarlyStopping(
        monitor=monitor,
        mode=mode,
        patience=patience,
        min_delta=min_delta,
        check_finite=False,
        check_on_train_epoch_end=False,
    )


def stopped_early(trainer: pl.Trainer) -> StoppedEarly | None:
    """What has stopped a run before its last epoch; None if nothing has."""
    epochs = epochs_of(trainer)
    for callback in trainer.early_stopping_callbacks:
        stopped = isinstance(callback, EarlyStopping) and callback.stopping_reason != EarlyStoppingReason.NOT_STOPPED
        if stopped and callback.stopped_epoch + 1 < epochs:
            return _described(callback, epochs)
    return None


def _described(callback: Any, epochs: int) -> StoppedEarly:
    best = float(callback.best_score)
    return {
        "epoch": callback.stopped_epoch + 1,
        "epochs": epochs,
        "monitor": callback.monitor,
        "best": best if abs(best) < float("inf") else None,
        "patience": callback.patience,
        "min_delta": abs(callback.min_delta),
    }
