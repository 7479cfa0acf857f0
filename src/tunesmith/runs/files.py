"""Atomic file writes, and locks on folders."""

import errno
import fcntl
import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any

from tunesmith.errors import UserError


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
    """Write a value as indented JSON.

    Raises:
        ValueError: for NaN and infinity, which JSON does not have; see `with_null`.
    """
    write_text(target, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def json_line(record: dict[str, Any]) -> str:
    """A record as a line of JSON; numbers that are not finite become null."""
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError:
        return json.dumps(with_null(record), ensure_ascii=False, allow_nan=False) + "\n"


def with_null(value: Any) -> Any:
    """A value with null in place of NaN and infinity, at any depth of its dictionaries and lists."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: with_null(part) for key, part in value.items()}
    return [with_null(part) for part in value] if isinstance(value, list | tuple) else value


def new_folder(output: str) -> Path:
    """Create the folder that `output=` names.

    Raises:
        UserError: if it exists and is not empty, or cannot be created.
    """
    target = Path(output).expanduser()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"output={output} exists and is not empty; choose a new folder")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"output={output} cannot be created: {error.strerror}") from error
    return target


_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


class Lock:
    """A folder's `.lock`; the operating system releases it when the process dies, even by SIGKILL.

    `missing` says why there are no locks, as in some network folders: `take` is then true for every process.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / ".lock"
        self._held: Any = None
        self.missing: str | None = None

    def take(self) -> bool:
        """Acquire the lock; false if another process holds it."""
        self._held = self._file.open("a")
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            self.missing = error.strerror
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
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise
        return False
