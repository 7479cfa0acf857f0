"""A thread that sends a run's entries to MLflow, so that no step waits for a server or a database.

What is refused or gets no answer is tried again, in its order, after pauses that grow; meanwhile it is in a file of the run's
folder, and stays there if the run ends first. A run that is resumed sends it before its own entries. What is unsent at a checkpoint
is in that file too: a run that is killed and resumes from it does not log it again.
"""

import collections
import itertools
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from tunesmith.loggers import mlflow_entries
from tunesmith.loggers.failures import Failures
from tunesmith.loggers.mlflow_entries import Entry, Start
from tunesmith.loggers.mlflow_service import Service

LOG = logging.getLogger("tunesmith")
_PAUSE_SECONDS = 1.0  # between two requests: values of many steps are sent at once
_LONGEST_PAUSE_SECONDS = 60.0
_AT_ONCE = 1000  # entries


class Delivery:
    """Sends entries until it is closed.

    Attributes:
        lost: whether what is unsent could not be kept, as on a full disk.

    Args:
        service: that takes them.
        folder: of the run.
        start: of the run.
        unsent: entries of earlier attempts at the run.
        report: called with the error when sending begins to fail.
    """

    def __init__(
        self,
        service: Service,
        folder: Path,
        start: Start,
        unsent: list[Entry],
        *,
        report: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        self._service, self._folder, self._start, self._report = service, folder, start, report
        self._waiting: collections.deque[Entry] = collections.deque(unsent)
        self._failures, self.lost = Failures("MLflow"), False
        self._closing, self._given_up = threading.Event(), threading.Event()
        self._lock = threading.Lock()  # of the file, and of taking sent entries away
        self._error: Exception | None = None  # of the last attempt
        self._kept = bool(unsent)  # whether there is a file of them
        self._thread = threading.Thread(target=self._run, name="mlflow", daemon=True)
        self._thread.start()

    def add(self, entry: Entry) -> None:
        """Send an entry after those before it; returns at once."""
        self._waiting.append(entry)

    def keep(self) -> None:
        """Keep what is unsent in the run's folder; it is sent nevertheless."""
        with self._lock:
            if self._waiting:
                self._keep()

    def close(self, *, timeout_seconds: float) -> Exception | None:
        """Send the rest, or keep it in the run's folder; None, or why it was kept.

        Args:
            timeout_seconds: after which it is kept.
        """
        self._closing.set()
        self._thread.join(timeout_seconds)
        self._given_up.set()
        if self._thread.is_alive():
            self._error = TimeoutError(f"no answer within {timeout_seconds:g} s")
            with self._lock:
                self._keep()
        return self._error

    def _run(self) -> None:
        pause, closing = 0.0, False
        while not closing and not self._given_up.is_set():
            closing = self._closing.wait(pause)
            try:
                self._send()
                pause = _PAUSE_SECONDS
            except Exception as error:
                before, self._error = self._error, _cause(error)
                if before is None:
                    LOG.warning("MLflow does not take values", exc_info=error)
                    self._report(self._error)
                pause = min(2 * max(pause, _PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
                with self._lock:
                    if not self._given_up.is_set():
                        self._keep()

    def _send(self) -> None:
        self._service.begin(self._start, stopped=self._given_up.is_set)
        while self._waiting:
            sent = self._service.send(list(itertools.islice(self._waiting, _AT_ONCE)))
            with self._lock:
                if self._given_up.is_set():  # `close` has kept all of it
                    return
                for _ in range(sent):
                    self._waiting.popleft()
        self._error = None
        with self._lock:
            if self._kept and not self._waiting and not self._given_up.is_set():
                (self._folder / mlflow_entries.FILE).unlink(missing_ok=True)
                self._kept = False

    def _keep(self) -> None:
        self._kept = self.lost = True
        with self._failures:
            mlflow_entries.save(self._folder, self._start, list(self._waiting))
            self.lost = False


def _cause(error: Exception) -> Exception:
    """What MLflow, and the libraries below it, report at length: `[Errno 111] Connection refused`."""
    below: BaseException | None = error
    while isinstance(below, Exception):
        error, below = below, below.__cause__ or below.__context__
    return error
