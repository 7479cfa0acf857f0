"""Work that is done once, kept in a folder named by the content that it came from.

An entry is written to a folder of its own that is renamed at the end, so that a name never stands for something half
written. Of several processes that want the same entry at once, one writes it and the others wait.
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

CACHE_VARIABLE = "TUNESMITH_CACHE"


def cache_folder() -> Path:
    """Where entries are kept: $TUNESMITH_CACHE, or tunesmith/ in the user's cache folder."""
    given = os.environ.get(CACHE_VARIABLE)
    base = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(given).expanduser() if given else Path(base).expanduser() / "tunesmith"


def key_of(*parts: Any) -> str:
    """A name for content and options: 24 hexadecimal digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:24]


def entry(kind: str, key: str, write: Callable[[Path], None]) -> Path:
    """The folder of an entry; `write(folder)` fills it if it is not there yet."""
    final = cache_folder() / kind / key
    if final.is_dir():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    with _alone(final.with_name(f".{key}.lock")):
        if final.is_dir():
            return final
        draft = Path(tempfile.mkdtemp(prefix=f".{key}-", dir=final.parent))
        try:
            write(draft)
            draft.chmod(0o755)
            draft.rename(final)
        except OSError:
            if not final.is_dir():  # else another process was quicker, with the same content
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return final


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[None]:
    with file.open("a") as stream:
        with contextlib.suppress(OSError):  # a file system without locks: then several write, and the first one counts
            fcntl.flock(stream, fcntl.LOCK_EX)
        try:
            yield
        finally:
            file.unlink(missing_ok=True)
