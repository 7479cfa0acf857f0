"""metrics.csv in the run's folder."""

from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger


def csv(folder: Path, config: dict[str, Any]) -> CSVLogger:
    """Lightning's CSVLogger, without folders of its own."""
    return CSVLogger(folder, name="", version="")
