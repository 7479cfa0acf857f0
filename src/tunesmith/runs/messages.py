"""What a run says: the same line on the screen and in its train.log."""

import logging

LOG = logging.getLogger("tunesmith")


def message(line: str) -> None:
    """Print a line, and log it."""
    print(line, flush=True)
    LOG.info("%s", line)


def warning(line: str) -> None:
    """Print a line that begins with `Warning: `, and log it as one."""
    print(f"Warning: {line}", flush=True)
    LOG.warning("%s", line)
