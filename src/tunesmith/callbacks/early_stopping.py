"""Stops when the monitored score has not improved for some epochs."""

from pathlib import Path

from pytorch_lightning.callbacks import EarlyStopping

from tunesmith.configuration.ranges import NonNegativeFloat, PositiveInt


def early_stopping(
    folder: Path, monitor: str, mode: str, *, patience: PositiveInt, min_delta: NonNegativeFloat
) -> EarlyStopping:
    """Lightning's EarlyStopping; a score that is not a number is no improvement.

    Args:
        patience: epochs without improvement.
        min_delta: smallest change that counts as an improvement.
    """
    return EarlyStopping(monitor=monitor, mode=mode, patience=patience, min_delta=min_delta, check_finite=False)
