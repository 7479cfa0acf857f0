"""Runs of W&B below a folder that were logged offline, or online to their end without the server, and what is still to be sent.

A run writes `wandb/offline-run-<time>-<id>/run-<id>.wandb`, and one such file more each time that it is resumed; without
`offline-` if it is online. W&B marks a file of either that was sent later with an empty one beside it,
`run-<id>.wandb.synced`. It has no mark for what it did not send at once: `run-<id>.wandb.unsent` is ours, from the start of an online
run until the server has all of it.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder

_FILE = re.compile(r"run-(.+)\.wandb")
_HEADER_BYTES = 7  # of W&B's file, before its first record
_FOLDER = re.compile(r"(?P<offline>offline-)?run-")


@dataclass(frozen=True)
class OfflineRun:
    """A W&B run with files that the server did not get at once.

    Attributes:
        folder: of the run that logged it, which contains `wandb/`.
        id: its id at W&B.
        files: from its start to its last resumption.
    """

    folder: Path
    id: str
    files: tuple[Path, ...]

    @property
    def unsent(self) -> list[Path]:
        """The files without W&B's mark, in the order in which they were written."""
        return [file for file in self.files if not marker(file).exists()]

    @property
    def busy(self) -> bool:
        """Whether a process still writes to it."""
        return RunFolder(self.folder).busy


def marker(file: Path) -> Path:
    """The file that W&B writes beside one that it has sent."""
    return file.with_name(f"{file.name}.synced")


def unsent_marker(file: Path) -> Path:
    """The file that an online run has beside its own until the server has all of it."""
    return file.with_name(f"{file.name}.unsent")


def offline_runs(folder: str | Path) -> list[OfflineRun]:
    """All such runs in a folder and the folders in it, by path; links are not followed.

    Raises:
        UserError: if the folder, or one in it, does not exist or cannot be read.
    """
    top = Path(folder).expanduser().absolute()
    if not top.is_dir():
        raise UserError(f"{folder} is not a folder; expected one with runs in it, such as runs/ or runs/NAME/ID")
    found: dict[tuple[Path, str], list[Path]] = {}
    for place, folders, names in os.walk(top, onerror=_refuse):
        folders.sort()
        here = Path(place)
        if started := _FOLDER.match(here.name):
            for name in sorted(names):
                # W&B would read what a link leads to, and write its mark beside the link.
                if not (known := _FILE.fullmatch(name)) or (here / name).is_symlink() or not (here / name).is_file():
                    continue
                if started["offline"] or f"{name}.unsent" in names:
                    found.setdefault((here.parent.parent, known[1]), []).append(here / name)
    return [
        OfflineRun(place, id, _with_content(sorted(files, key=_started)))
        for (place, id), files in sorted(found.items())
    ]


def _with_content(files: list[Path]) -> tuple[Path, ...]:
    """Those that a process was not killed before it wrote to, and the last one: W&B would not take the others, nor what follows."""
    return tuple(file for file in files if file == files[-1] or file.stat().st_size > _HEADER_BYTES)


def _started(file: Path) -> tuple[str, str]:
    """The time of the start, which the name of the folder begins with."""
    return file.parent.name.removeprefix("offline-"), file.name


def _refuse(error: OSError) -> None:
    raise UserError(
        f"cannot read {error.filename}: {error.strerror}; its runs would be missed: make it readable, or give another folder"
    ) from error
