"""Keeps the weights of the best epoch by the monitored score, and the last state."""

from pathlib import Path

from pytorch_lightning.callbacks import ModelCheckpoint


def checkpoint(folder: Path, monitor: str, mode: str, *, save_last: bool) -> ModelCheckpoint:
    """Lightning's ModelCheckpoint, writing `checkpoints/best.ckpt` and `checkpoints/last.ckpt`.

    Args:
        save_last: also keep the last epoch's state.
    """
    return ModelCheckpoint(
        dirpath=folder / "checkpoints",
        filename="best",
        monitor=monitor,
        mode=mode,
        save_last=save_last,
        enable_version_counter=False,
    )
