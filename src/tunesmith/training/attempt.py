"""One attempt at a run: train.log and status.json record how it ends, and the folder is released."""

import contextlib
import errno
import logging
import traceback
from collections.abc import Iterator

import torch

from tunesmith.errors import Interrupted, Pruned, UserError
from tunesmith.runs.folder import RunFolder
from tunesmith.training import logging_setup

LOG = logging.getLogger("tunesmith")
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def recorded(run: RunFolder) -> Iterator[None]:
    """Record how the block ends, then restore torch's number of threads and release the run.

    Args:
        run: claimed by this process.

    Raises:
        UserError: instead of the block's error, if the disk is full.
    """
    logging_setup.log_to(run.path / "train.log")
    threads = torch.get_num_threads()
    try:
        yield
    except BaseException as error:
        _record_failure(run, error)
        raise
    finally:
        torch.set_num_threads(threads)
        run.release()


def _record_failure(run: RunFolder, error: BaseException) -> None:
    LOG.error("%s", "".join(traceback.format_exception(error)))
    state = "failed"
    if isinstance(error, Interrupted | KeyboardInterrupt):
        state = "interrupted"
    elif isinstance(error, Pruned):
        state = "pruned"
    try:
        run.set_state(state, error=f"{type(error).__name__}: {error}")
    except OSError:  # a full disk: the state stays `running`, which is never treated as completed
        LOG.error("status.json could not be written")
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        raise UserError(f"{run.path}: {error.strerror}; free some space, or set output_dir to another disk") from error
