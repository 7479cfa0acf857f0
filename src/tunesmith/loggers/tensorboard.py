"""TensorBoard event files in the run's folder."""

from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import TensorBoardLogger


def tensorboard(folder: Path, config: dict[str, Any], step: int) -> TensorBoardLogger:
    """Lightning's TensorBoardLogger, writing to `<run>/tensorboard/`."""
    return TensorBoardLogger(folder, name="tensorboard", version="", purge_step=step + 1 if step else None)
