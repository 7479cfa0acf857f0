"""A disk that is full or cannot be written, recognised in the errors of all libraries that write to it."""

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from tunesmith.errors import UserError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
IN_THE_WAY = {errno.EISDIR}
UNWRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}
LOST = {errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.ESHUTDOWN}

_IN_TEXT = re.compile(r"\(os error (\d+)\)|\[[Ee]rrno (\d+)\]")  # of safetensors and tokenizers, and of Arrow
_MEGABYTE = 1e6


def error_number(error: BaseException) -> int | None:
    """The operating system's number of an error of storage; None for any other error."""
    if isinstance(error, OSError) and error.errno is not None:
        number = error.errno
    elif found := _IN_TEXT.search(str(error)):
        number = int(found[1] or found[2])
    else:
        return None
    return number if number in FULL | IN_THE_WAY | UNWRITABLE | LOST else None


def message(error: BaseException, *, folder: Path, remedy: str) -> str | None:
    """What is wrong with the storage, where, and what to do; None if the error is about something else.

    Args:
        error: of any library.
        folder: that was written to, unless the error names a file.
        remedy: besides free space or permission.
    """
    number = error_number(error)
    if number is None:
        return None
    named = getattr(error, "filename", None)
    place = (
        Path(os.fsdecode(named))
        if isinstance(named, str | bytes) and Path(os.fsdecode(named)).is_absolute()
        else folder
    )
    if number in IN_THE_WAY:
        return f"{place} is a folder in the place of a file; remove it, and run the same command again"
    place = _without_draft(place, folder)
    reason = os.strerror(number)
    if number in FULL:
        return f"{place}: {reason}{_space(place)}; free some space{remedy}"
    if number in UNWRITABLE:
        return f"{place}: {reason}; make it writable{remedy}"
    return f"{place}: {reason}; check the disk or the network{remedy}"


@contextlib.contextmanager
def explained(*, folder: Path, remedy: str) -> Iterator[None]:
    """Raise a UserError instead of the block's error, if that is about the storage; see `message`."""
    try:
        yield
    except OSError as error:
        found = message(error, folder=folder, remedy=remedy)
        if found is None:
            raise
        raise UserError(found) from error


def _without_draft(place: Path, folder: Path) -> Path:
    """The folder, if the place is one of the temporary files in it."""
    return folder if place.is_relative_to(folder) else place


def _space(place: Path) -> str:
    """` (0.1 MB free of 64.0 MB)` on the disk of a file that may not exist; empty if it is unknown."""
    for folder in (place, *place.parents):
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            continue
        return f" ({usage.free / _MEGABYTE:,.1f} MB free of {usage.total / _MEGABYTE:,.1f} MB)"
    return ""
