"""Work that is done once, kept in a folder named by the content that it came from.

Several processes may want the same entry at once: each writes to a folder of its own and renames it, so that a name
never stands for something half written; who comes second throws its copy away.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
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
