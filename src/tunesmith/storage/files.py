"""Atomic file writes, the modes of files, and locks on folders."""

import errno
import fcntl
import json
import math
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from tunesmith.storage.contained import open_regular


def write_text(target: Path, text: str) -> None:
    """Write a text atomically, as UTF-8."""
    write_bytes(target, text.encode())


def write_bytes(target: Path, content: bytes) -> None:
    """Write a file atomically: under a temporary name first, then renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if target.is_dir() and not target.is_symlink():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def give_usual_modes(folder: Path) -> None:
    """Give all files below a folder the mode that new files get there: safetensors writes files for their owner only."""
    probe = folder / f".{secrets.token_hex(4)}"
    probe.touch(exist_ok=False)
    mode = stat.S_IMODE(probe.stat().st_mode)
    probe.unlink()
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            file.chmod(mode)


def write_json(target: Path, value: Any) -> None:
    """Write a value as indented JSON; see `as_json`."""
    write_text(target, as_json(value))


def as_json(value: Any) -> str:
    """A value as indented JSON.

    Raises:
        ValueError: for NaN and infinity, which JSON does not have; see `with_null`.
    """
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


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


_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


LOCK = ".lock"


class Lock:
    """A folder's `.lock`; the operating system releases it when the process dies, even by SIGKILL.

    `missing` says why there are no locks, as in some network folders: `take` is then true for every process.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / LOCK
        self._held: Any = None
        self.missing: str | None = None

    def take(self) -> bool:
        """Acquire the lock; false if another process holds it."""
        self._held = os.fdopen(open_regular(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "a")
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
        try:
            descriptor = open_regular(self._file, os.O_RDONLY)  # the folder may belong to another user
        except OSError:
            return False
        with os.fdopen(descriptor) as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise
        return False
