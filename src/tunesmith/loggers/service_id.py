"""The id by which a service knows a run: a resumed run continues under the one in its folder.

The folder may be anybody's: what is not as tunesmith writes it counts as absent.
"""

import re
from collections.abc import Callable
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.storage import files
from tunesmith.storage.bounded_files import read_text

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # in names of files, addresses and queries


def recorded_id(file: Path) -> str | None:
    """The id in a file of a run's folder; None if it has none."""
    try:
        id = read_text(file, limit=64)
    except (OSError, UserError):
        return None
    return id if _ID.fullmatch(id) else None


def kept_id(file: Path, generate: Callable[[], str]) -> str:
    """The id in a file of a run's folder, which gets a new one if it has none."""
    id = recorded_id(file)
    if id is None:
        id = generate()
        files.write_text(file, id)
    return id
