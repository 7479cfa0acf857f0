"""Offline runs of W&B below a folder, and which of their files are still to be sent.

A run writes `wandb/offline-run-<time>-<id>/run-<id>.wandb`, and one such file more each time that it is resumed.
W&B marks a file that it has sent with an empty one beside it, `run-<id>.wandb.synced`.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder

_FILE = re.compile(r"run-(.+)\.wandb")


@dataclass(frozen=True)
class OfflineRun:
    """A W&B run that was logged offline.

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


def offline_runs(folder: str | Path) -> list[OfflineRun]:
    """All offline runs in a folder and the folders in it, by path; links are not followed.

    Raises:
        UserError: if the folder, or one in it, does not exist or cannot be read, or there is no offline run.
    """
    top = Path(folder).expanduser().absolute()
    if not top.is_dir():
        raise UserError(f"{folder} is not a folder; expected one with runs in it, such as runs/ or runs/NAME/ID")
    found: dict[tuple[Path, str], list[Path]] = {}
    for place, folders, names in os.walk(top, onerror=_refuse):
        folders.sort()
        here = Path(place)
        if here.name.startswith("offline-run-"):
            for name in sorted(names):
                # W&B would read what a link leads to, and write its mark beside the link.
                if (known := _FILE.fullmatch(name)) and not (here / name).is_symlink() and (here / name).is_file():
                    found.setdefault((here.parent.parent, known[1]), []).append(here / name)
    if not found:
        raise UserError(
            f"{folder} contains no offline run of Weights & Biases; expected files .../wandb/offline-run-*/run-*.wandb, which "
            "a run with logger=wandb logger.wandb.mode=offline writes"
        )
    # The names of the folders begin with the time of the start.
    return [OfflineRun(place, id, tuple(sorted(files))) for (place, id), files in sorted(found.items())]


def _refuse(error: OSError) -> None:
    raise UserError(
        f"cannot read {error.filename}: {error.strerror}; its runs would be missed: make it readable, or give another folder"
    ) from error
