"""Folders that were handed over: nothing in one leads out of it, so that what is written in it stays in it.

A link such as `checkpoints -> /home/anna` would let a resumed run write and remove files there, and a named pipe would
block. Links within the folder, such as Optuna's lock, are fine.
"""

import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.errors.messages import listed


def check_contained(folder: Path, *, finished: tuple[str, ...] = ()) -> None:
    """Check every entry at any depth of a folder, before something is written in it.

    Args:
        finished: patterns of folders in it, such as `wandb/*`, in which nothing is ever written or removed again.

    Raises:
        UserError: if there are links out of it, or pipes, devices and sockets.
    """
    root = Path(os.path.realpath(folder))
    if found := list(_strangers(root, finished)):
        names = listed(entry.relative_to(root).as_posix() for entry in found)
        raise UserError(
            f"{folder} contains links that lead out of it, pipes or devices: {names}; expected files and folders only, so "
            "nothing is written there: remove them"
        )


def _strangers(root: Path, finished: tuple[str, ...]) -> Iterator[Path]:
    waiting = [root]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    if not Path(os.path.realpath(entry.path)).is_relative_to(root):
                        yield Path(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    if not any(fnmatch(os.path.relpath(entry.path, root), pattern) for pattern in finished):
                        waiting.append(Path(entry.path))
                elif not entry.is_file(follow_symlinks=False):
                    yield Path(entry.path)


def check_below(folder: Path, root: Path) -> None:
    """Check that no part of a folder's path below `root` is a link, which would lead somewhere else.

    Raises:
        UserError: if one is.
    """
    for part in (folder, *folder.parents):
        if part == root:
            return
        if part.is_symlink():
            raise UserError(
                f"{part} is a link to {part.readlink()}; expected a folder below {root}: remove the link, or set "
                "output_dir to the folder that is meant"
            )


def open_regular(file: Path, flags: int) -> int:
    """Open a file that is neither a link nor special; returns the descriptor.

    Raises:
        OSError: if it is.
    """
    descriptor = os.open(file, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no regular file", str(file))
    return descriptor
