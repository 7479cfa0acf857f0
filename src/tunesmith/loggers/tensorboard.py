"""TensorBoard event files in the run's folder."""

import logging
import threading
from pathlib import Path
from typing import Any

from lightning_fabric.loggers.logger import _DummyExperiment as DummyExperiment
from pytorch_lightning.loggers import TensorBoardLogger

from tunesmith.loggers.failures import Failures

LOG = logging.getLogger("tunesmith")


class TensorBoard(TensorBoardLogger):
    """Lightning's TensorBoardLogger; a full disk ends it, not the run."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        self._failures = Failures("TensorBoard")
        super().__init__(*arguments, **settings)
        _log_errors_of_its_thread()

    @property
    def experiment(self) -> Any:
        """The writer of the event file; one that does nothing if there is no such file."""
        if not self._failures.occurred:
            with self._failures:
                return super().experiment
        return DummyExperiment()

    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        """Log, unless that has failed before."""
        if not self._failures.occurred:
            with self._failures:
                super().log_metrics(metrics, step)

    def save(self) -> None:
        """Write what is not written yet."""
        if not self._failures.occurred:
            with self._failures:
                super().save()

    def finalize(self, status: str) -> None:
        """Close the event file."""
        with self._failures:
            super().finalize(status)


def _log_errors_of_its_thread() -> None:
    """Log what TensorBoard's thread raises, which its next call raises again, instead of printing a traceback."""
    print_traceback = threading.excepthook
    if getattr(print_traceback, "is_of_tensorboard", False):
        return

    def hook(arguments: Any) -> None:
        if type(arguments.thread).__module__.startswith("tensorboard."):
            LOG.warning("TensorBoard's thread failed: %s", arguments.exc_value)
        else:
            print_traceback(arguments)

    hook.is_of_tensorboard = True  # type: ignore[attr-defined]
    threading.excepthook = hook


def tensorboard(folder: Path, config: dict[str, Any], step: int) -> TensorBoard:
    """A TensorBoard logger that writes to `<run>/tensorboard/`."""
    return TensorBoard(folder, name="tensorboard", version="", purge_step=step + 1 if step else None)
