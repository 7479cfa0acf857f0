"""A cache on disk whose entries are folders, keyed by a hash of the content that they were computed from.

An entry is written to a temporary folder that is renamed at the end, so that an entry is never seen half written. If
several processes want the same entry at once, one writes it and the others wait. An entry that was damaged since is written
again.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tunesmith.storage import disk_errors
from tunesmith.storage.verified_folder import DamagedError, VerifiedFolder

CACHE_VARIABLE = "TUNESMITH_CACHE"


def cache_folder() -> Path:
    """Where entries are kept: $TUNESMITH_CACHE, or tunesmith/ in the user's cache folder."""
    given = os.environ.get(CACHE_VARIABLE)
    base = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(given).expanduser() if given else Path(base).expanduser() / "tunesmith"


def key_of(*parts: Any) -> str:
    """The cache key of content and options: 24 hexadecimal digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:24]


def entry(kind: str, key: str, write: Callable[[Path], None]) -> Path:
    """The folder of an entry; `write(folder)` fills it if it does not exist yet, or is damaged.

    Raises:
        UserError: if the disk of the cache is full or cannot be written.
    """
    final = cache_folder() / kind / key
    if _intact(final):
        return final
    remedy = f", or set {CACHE_VARIABLE} to a folder on another disk"
    with disk_errors.explained(folder=cache_folder(), remedy=remedy):
        return _written(final, key, write)


def _written(final: Path, key: str, write: Callable[[Path], None]) -> Path:
    final.parent.mkdir(parents=True, exist_ok=True)
    with _locked(final.with_name(f".{key}.lock")):
        if _intact(final):
            return final
        if final.exists():
            print(f"{final} is damaged and is made again", flush=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{key}-", dir=final.parent))
        try:
            write(temporary)
            _verified(temporary).record()
            temporary.chmod(0o755)
            if not _intact(final):  # otherwise, without locks, another process has just written it
                _remove(final)
                temporary.rename(final)
        except OSError:
            if not final.is_dir():  # otherwise another process was faster and wrote the same content
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return final


def _verified(folder: Path) -> VerifiedFolder:
    return VerifiedFolder(folder, kept=("**/*",), remedy="remove it")


def _intact(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    try:
        _verified(folder).verify()
    except DamagedError:
        return False
    return True


def _remove(entry: Path) -> None:
    """Remove a damaged entry; a process that has mapped its files to memory keeps them."""
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("a") as stream:
        with contextlib.suppress(OSError):  # without file locks several processes may write; the first one wins
            fcntl.flock(stream, fcntl.LOCK_EX)
        try:
            yield
        finally:
            file.unlink(missing_ok=True)
