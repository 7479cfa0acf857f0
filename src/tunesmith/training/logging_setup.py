"""Logging: train.log has the run's own story, and the warnings of the libraries that it uses.

What a library says of itself is left out: advertisements, which devices it has found, deprecations, and warnings about what
is meant here.
"""

import contextlib
import logging
import os
import re
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
_OWN = "tunesmith"

# Lightning's warnings about what is meant here: the beginnings of their texts, as regular expressions.
_MEANT = (
    r"The number of training batches \(\d+\) is smaller than the logging interval",  # an epoch's last step is logged too
    "You have overridden `on_before_batch_transfer` in `LightningModule`",  # the module's is the one to use
    "The '.*' does not have many workers",  # batches are made from memory-mapped tokens
    r"Found \d+ module\(s\) in eval mode",  # of regularizers that freeze
    r"Trying to infer the `batch_size`",  # scores are of whole splits
    r"The `srun` command is available on your system but is not used",  # workers are started here
    r"GPU available but not used",  # trainer.accelerator=cpu says so
    "You're resuming from a checkpoint that ended before the epoch ended",  # the epoch plan starts at the right batch
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ADDRESSED_TO_DEVELOPERS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)


class _Formatter(logging.Formatter):
    """Records as lines of their own: further lines of a message are indented, so that none can pass for a record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's text without control characters and keys."""
        return without_secrets(safe(super().format(record))).rstrip().replace("\n", "\n    ")


class _WithoutIdleReports(logging.Filter):
    """Leaves out transformers' reports on loaded weights, unless the model has weights that the checkpoint lacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is kept; the colours of a report are taken out."""
        if "LOAD REPORT" not in str(record.msg):
            return True
        record.msg = _COLOURS.sub("", str(record.msg))
        return any(word in record.msg for word in ("MISSING", "MISMATCH", "CONVERSION"))


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
    for category in _ADDRESSED_TO_DEVELOPERS:
        warnings.simplefilter("ignore", category)
    for text in _MEANT:
        warnings.filterwarnings("ignore", message=text)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a full disk is reported by what else writes to it, not by a traceback per line
    if file is None:
        handler: logging.Handler = logging.NullHandler()
    else:
        handler = _RunLog(file, encoding="utf-8")
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%Y-%m-%d %H:%M:%S"))
    handler.addFilter(_WithoutIdleReports())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)
    logging.getLogger(_OWN).setLevel(logging.INFO)


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """Within the block `log_to` and `configure_libraries` apply; then logs and warnings are as the caller had them."""
    root, raising = logging.getLogger(), logging.raiseExceptions
    captured = warnings.showwarning.__module__ == "logging"
    loggers = [
        (logger, logger.handlers[:], logger.propagate, logger.level)
        for logger in map(logging.getLogger, (*_LIBRARIES, _OWN))
    ]
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
        for logger, own, propagate, level in loggers:
            logger.handlers, logger.propagate = own, propagate
            logger.setLevel(level)


def redirect_output(log: Path) -> None:
    """Redirect this process's stdout and stderr to a file, in append mode."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
