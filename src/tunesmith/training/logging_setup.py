"""Logging: the libraries' logs go to train.log, tunesmith's own messages to the terminal."""

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from tunesmith.configuration.secrets import without_secrets
from tunesmith.errors.terminal import safe

_LIBRARIES = (
    "pytorch_lightning",
    "lightning_fabric",
    "lightning",
    "transformers",
    "datasets",
    "wandb",
    "mlflow",
    "py.warnings",
)


class _Formatter(logging.Formatter):
    """Records as lines of their own: further lines of a message are indented, so that none can pass for a record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's text without control characters and keys."""
        return without_secrets(safe(super().format(record))).replace("\n", "\n    ")


def configure_libraries() -> None:
    """Set the environment variables that libraries read when they are imported."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    os.environ.setdefault("WANDB_SILENT", "true")
    warnings.filterwarnings("ignore")


class _RunLog(logging.FileHandler):
    """A log file whose disk may be full."""

    def close(self) -> None:
        """Close, without what could not be written."""
        with contextlib.suppress(OSError):
            super().close()


def log_to(file: Path | None) -> None:
    """Send warnings and the libraries' logs to a file, or discard them if it is None."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    warnings.resetwarnings()
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a full disk is reported by what else writes to it, not by a traceback per line
    if file is None:
        handler: logging.Handler = logging.NullHandler()
    else:
        handler = _RunLog(file, encoding="utf-8")
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """Within the block `log_to` and `configure_libraries` apply; then logs and warnings are as the caller had them."""
    root, raising = logging.getLogger(), logging.raiseExceptions
    captured = warnings.showwarning.__module__ == "logging"
    loggers = [(logger, logger.handlers[:], logger.propagate) for logger in map(logging.getLogger, _LIBRARIES)]
    handlers, root.handlers = root.handlers, []  # so that none of them is closed
    logging.captureWarnings(False)
    try:
        with warnings.catch_warnings():
            try:
                yield
            finally:
                logging.captureWarnings(False)
    finally:
        logging.captureWarnings(captured)
        logging.raiseExceptions = raising
        for handler in root.handlers:
            handler.close()
        root.handlers = handlers
        for logger, own, propagate in loggers:
            logger.handlers, logger.propagate = own, propagate


def redirect_output(log: Path) -> None:
    """Redirect this process's stdout and stderr to a file, in append mode."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
