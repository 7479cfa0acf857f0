"""Whether the runs that a sweep has yet to do fit on the disk, judged by those that it has done: said once, while there is time."""

import shutil
from pathlib import Path


class DiskSpace:
    """Watches the size of the runs that end."""

    def __init__(self) -> None:
        self._sizes: list[int] = []  # bytes of the runs that have ended
        self._said = False

    def shortage(self, run: Path, left: int) -> str:
        """What to say after a job: empty if there is room, or if it was said before.

        Args:
            run: folder of the run that has ended.
            left: number of jobs that run or wait.
        """
        if self._said:
            return ""
        try:
            self._sizes.append(sum(file.lstat().st_size for file in run.rglob("*") if file.is_file()))
            free = shutil.disk_usage(run).free
        except OSError:  # the folder was moved or removed just now
            return ""
        each = sum(self._sizes) / len(self._sizes)
        if each * left <= free:
            return ""
        self._said = True
        return (
            f"disk: the {left} jobs left need about {_size(each * left)}, {_size(each)} each, and {_size(free)} are free.\n"
            "  Nothing reads checkpoints/ of completed runs again: they can be deleted. Sweeps with callbacks.checkpoint.save_last=false\n"
            "  keep no training state, those with callbacks.checkpoint.save_model=false scores and predictions only."
        )


def _size(count: float) -> str:
    """Bytes in the unit that disks are sold in: `454 MB`, `17.2 GB`."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
