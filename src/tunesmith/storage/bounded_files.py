"""Small files that others may have written (configs, results, records): read as a whole, within a limit.

A pipe would block, a device would never end, and JSON of a hundred thousand brackets would exhaust the parser's stack.
"""

import json
import os
import stat
from pathlib import Path
from typing import Any

from tunesmith.errors import UserError

BYTES = 8 * 2**20
YAML_BYTES = 2**20  # configs and groups
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


class UnreadableError(UserError, ValueError):
    """A file is none of text, too large, nested too deeply, or no file at all."""


def check_file(file: Path, *, limit: int) -> None:
    """Check that a path leads to a regular file of at most `limit` bytes.

    Raises:
        UnreadableError: if it does not.
        OSError: if there is none.
    """
    found = file.stat()
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableError(f"{file} is {_KINDS.get(stat.S_IFMT(found.st_mode), 'no file')}; expected a file")
    if found.st_size > limit:
        raise UnreadableError(f"{file} has {found.st_size:,} bytes; expected at most {limit:,}")


def read_bytes(file: Path, *, limit: int) -> bytes:
    """The content of a file.

    Raises:
        UnreadableError: if it is no file within the limit.
        OSError: if it does not exist or may not be read.
    """
    check_file(file, limit=limit)
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        content = stream.read(limit + 1)  # a file of /proc has no size
    if len(content) > limit:
        raise UnreadableError(f"{file} has more than {limit:,} bytes; expected at most as many")
    return content


def read_text(file: Path, *, limit: int = BYTES) -> str:
    """The text of a file.

    Raises:
        UnreadableError: if it is no file of UTF-8 text within the limit.
        OSError: if it does not exist or may not be read.
    """
    try:
        return read_bytes(file, limit=limit).decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{file}: byte {error.start + 1} is not UTF-8; convert the file") from error


def read_json(file: Path, *, limit: int = BYTES) -> Any:
    """The value of a JSON file.

    Raises:
        UnreadableError: if it is no file of JSON within the limit.
        OSError: if it does not exist or may not be read.
    """
    try:
        return json.loads(read_text(file, limit=limit))
    except RecursionError:
        raise UnreadableError(f"{file} is nested too deeply") from None
    except UnreadableError:
        raise
    except ValueError as error:
        raise UnreadableError(f"{file} is not valid JSON ({error})") from None
