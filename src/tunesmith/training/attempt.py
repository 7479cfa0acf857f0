"""One attempt at a run: train.log, status.json and the loggers record how it ends, and the folder is released."""

import contextlib
import inspect
import logging
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from tunesmith.configuration import Config
from tunesmith.data.cache import cache_folder
from tunesmith.errors import Interrupted, Pruned, UserError
from tunesmith.loggers.failures import Failures
from tunesmith.runs.folder import RunFolder
from tunesmith.storage import disk_errors
from tunesmith.training import logging_setup, out_of_memory

LOG = logging.getLogger("tunesmith")


@contextlib.contextmanager
def recorded(run: RunFolder, config: Config) -> Iterator[list[Any]]:
    """Record how the block ends, then close its loggers, restore torch's number of threads and release the run.

    Yields the list to which the block adds the run's loggers.

    Args:
        run: claimed by this process.
        config: of the run.

    Raises:
        UserError: instead of the block's error, if the disk is full or cannot be written.
        MemoryError: instead of it, if memory has run out; with the settings to lower.
    """
    threads = torch.get_num_threads()
    started = time.monotonic()
    loggers: list[Any] = []
    logging_setup.log_to(None)  # until the file is open, which may fail
    try:
        logging_setup.log_to(run.path / "train.log")
        yield loggers
    except BaseException as error:
        reported = _explained(_interruption(error) or error, run, config)
        state = ending(reported)
        if state == "failed":
            LOG.error("%s", "".join(traceback.format_exception(error)))
        else:
            LOG.warning("%s by %s", state, error if str(error) else "Ctrl-C")
        try:
            seconds = round(earlier_seconds(run) + time.monotonic() - started, 2)
            run.set_state(state, error=f"{type(reported).__name__}: {reported}", earlier_seconds=seconds)
        except OSError:  # a full disk: the state stays `running`, which is never treated as completed
            LOG.error("status.json could not be written")
        close_loggers(loggers, state)
        if reported is error:
            raise
        raise reported from (None if isinstance(reported, Interrupted) else error)
    else:
        close_loggers(loggers, "done")
    finally:
        torch.set_num_threads(threads)
        run.release()


def earlier_seconds(run: RunFolder) -> float:
    """Time of the attempts at a run that have ended before this one; not of those whose process was killed."""
    seconds = run.status().get("earlier_seconds")
    return float(seconds) if isinstance(seconds, int | float) and 0 <= seconds < 2**40 else 0.0


def ending(error: BaseException) -> str:
    """The state of a run that an error has ended: interrupted, pruned or failed."""
    if isinstance(error, Interrupted | KeyboardInterrupt):
        return "interrupted"
    return "pruned" if isinstance(error, Pruned) else "failed"


def _interruption(error: BaseException) -> Interrupted | None:
    """The signal that an error comes from: what runs when the signal arrives may raise an error of its own."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, Interrupted):
        found = found.__cause__ or found.__context__
    return found


def close_loggers(loggers: list[Any], state: str) -> None:
    """Close the loggers that can be closed, and empty the list.

    Args:
        state: of the run: done, failed, interrupted or pruned.
    """
    while loggers:
        logger = loggers.pop()
        close = getattr(logger, "close", None)
        if close is not None:
            with Failures(type(logger).__name__):
                close(*([state] if inspect.signature(close).parameters else []))


def _explained(error: BaseException, run: RunFolder, config: Config) -> BaseException:
    """The error that is reported: the one of a library says neither which disk is full nor which setting to lower."""
    if isinstance(error, UserError):
        return error
    if out_of_memory.is_out_of_memory(error):
        return MemoryError(out_of_memory.message(error, config, scoring=False))
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        file, named = str(error.filename), [value for value in config["dataset"].values() if isinstance(value, str)]
        if _is_below(file, [str(cache_folder())]):
            return UserError(f"{file} has disappeared during the run; run the same command again, which makes it again")
        if _is_below(file, [str(run.path), *filter(None, named)]):
            remedy = "restore it and run the same command again, which resumes"
            return UserError(f"{file} has disappeared during the run; {remedy}")
    remedy = ", or set output_dir to another disk; the same command resumes the run"
    found = disk_errors.message(error, folder=run.path, remedy=remedy)
    return error if found is None else UserError(found)


def _is_below(file: str, places: list[str]) -> bool:
    return any(Path(file).absolute().is_relative_to(Path(place).absolute()) for place in places)
