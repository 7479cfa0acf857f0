"""Atomic file writes, and locks on folders."""

import fcntl
import json
import os
import tempfile
from pathlib import Path
from typing import Any


def write_text(target: Path, text: str) -> None:
    """Write a file atomically: under a temporary name first, then renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(draft).chmod(0o644)
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def write_json(target: Path, value: Any) -> None:
    """Write a value as indented JSON."""
    write_text(target, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


class Lock:
    """A folder's `.lock`; the operating system releases it when the process dies, even by SIGKILL."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / ".lock"
        self._held: Any = None

    def take(self) -> bool:
        """Acquire the lock; false if another process holds it."""
        self._held = self._file.open("a")
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Release the lock."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def taken(self) -> bool:
        """Whether a process holds the lock."""
        if not self._file.is_file():
            return False
        with self._file.open() as stream:  # for reading: the folder may belong to another user
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False
