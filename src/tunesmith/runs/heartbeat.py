"""A run's heartbeat: its lock file is touched every few seconds, for machines that share the folder but not its locks.

Another machine watches whether the time of the file changes; it never compares the time with its own clock.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tunesmith.storage.files import LOCK

SECONDS = 5.0  # between two beats
_MISSED = 2.5  # beats that have to be missing before a run counts as dead


@contextlib.contextmanager
def beating(folder: Path) -> Iterator[None]:
    """Within the block the run has a heartbeat."""
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(SECONDS):
            with contextlib.suppress(OSError):  # whatever writes next reports it
                os.utime(folder / LOCK)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def is_beating(folder: Path) -> bool:
    """Watch the run's heartbeat; false as soon as several beats are missing."""
    first, until = _time(folder), time.monotonic() + _MISSED * SECONDS
    while time.monotonic() < until:
        if _time(folder) != first:
            return True
        time.sleep(SECONDS / 10)
    return False


def is_recent(folder: Path) -> bool:
    """Whether the last beat was a moment ago by this machine's clock; for what is shown, not for what is decided."""
    return abs(time.time() - _time(folder) / 1e9) < 2 * _MISSED * SECONDS


def _time(folder: Path) -> int:
    """Of the last beat, in nanoseconds; the file is opened since NFS then asks the server."""
    try:
        with (folder / LOCK).open() as stream:
            return os.fstat(stream.fileno()).st_mtime_ns
    except OSError:
        return 0
