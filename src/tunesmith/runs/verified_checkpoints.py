"""A run's checkpoint files: written atomically, verified by a digest, and removed when no longer needed."""

import hashlib
import itertools
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from tunesmith.errors.messages import first_line
from tunesmith.runs.messages import warning
from tunesmith.storage import files

LOG = logging.getLogger("tunesmith")
_STEP = "[0-9]" * 8  # in names
STATES = 2  # number kept, so that the previous one can replace a corrupted one


class Checkpoints:
    """`checkpoints/state-<step>.ckpt`, from which a run resumes, and `best-<step>.ckpt`, the best weights so far.

    A file is used only if it matches its digest in `<name>.sha256`: a bit that flipped on disk would load without an
    error.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, name: str, content: dict[str, Any]) -> None:
        """Write tensors, numbers and strings; the file is renamed to `name` once it is complete."""
        import torch

        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / name
        for old in self._folder.glob(".*.part"):  # of a process that was killed
            old.unlink(missing_ok=True)
        descriptor, name_of_draft = tempfile.mkstemp(prefix=f".{name}-", suffix=".part", dir=self._folder)
        draft = Path(name_of_draft)
        hashing: Any = None
        try:
            with os.fdopen(descriptor, "wb") as stream:
                hashing = _HashingStream(stream)
                torch.save(content, hashing)
                stream.flush()
            draft.chmod(0o666 & ~_umask())
            files.write_text(self._digest(name), hashing.digest.hexdigest())
            draft.replace(file)
        except BaseException as error:
            draft.unlink(missing_ok=True)
            if hashing is not None and hashing.error is not None:  # torch turns it into a RuntimeError without errno
                raise hashing.error from error
            raise

    def load(self, name: str) -> dict[str, Any] | None:
        """Load to the CPU what `save` wrote; None if the file is missing or corrupted."""
        import torch

        if not self._intact(name):
            return None
        try:
            content: Any = torch.load(self._folder / name, map_location="cpu", weights_only=True)
        except Exception as error:  # of a file that was never a checkpoint, with a digest to match
            LOG.warning("%s is no checkpoint: %s", self._folder / name, first_line(error))
            return None
        return content if isinstance(content, dict) else None

    def _intact(self, name: str) -> bool:
        file, digest = self._folder / name, self._digest(name)
        if not file.is_file() or not digest.is_file():
            return False
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found.encode() != digest.read_bytes():
            LOG.warning("%s is corrupted", file)
            return False
        return True

    def newest(self) -> dict[str, Any] | None:
        """The latest state that is intact, as are its best weights; None to start from the beginning.

        What is not used is said on the screen.
        """
        states = self._states()
        for file in reversed(states):
            state = self.load(file.name)
            best = file if state is None else state.get("best", file)
            if isinstance(best, str | None) and (best is None or self._intact(best)):
                return state
            warning(
                f"{file} is damaged{' or lacks its best weights' if state else ''}, so that the run does not resume from it"
            )
        if states:
            warning("no state is left from which the run could resume: it begins again")
        return None

    def save_state(self, step: int, content: dict[str, Any]) -> None:
        """Write a state, then remove older states and best weights that no remaining state refers to.

        Args:
            step: completed optimizer steps.
            content: `best` names the file of the best weights.
        """
        self.save(f"state-{step:08}.ckpt", content)
        states = self._states()
        for file in states[:-STATES]:
            self._remove(file)
        best = sorted(self._folder.glob(f"best-{_STEP}.ckpt"))
        oldest = int(states[-STATES:][0].stem.partition("-")[2])
        # A state refers to the newest best weights that are not newer than itself.
        for file, next_file in itertools.pairwise(best):
            if file.name != content["best"] and int(next_file.stem.partition("-")[2]) <= oldest:
                self._remove(file)

    def finish(self, *, best: str | None, keep_state: bool) -> None:
        """Remove all files except the best weights and, with `keep_state`, the last state."""
        states = self._states()
        for file in states[:-1] if keep_state else states:
            self._remove(file)
        for file in self._folder.glob(f"best-{_STEP}.ckpt"):
            if file.name != best:
                self._remove(file)

    def _states(self) -> list[Path]:
        return sorted(self._folder.glob(f"state-{_STEP}.ckpt"))

    def _digest(self, name: str) -> Path:
        return self._folder / f"{name}.sha256"

    def _remove(self, file: Path) -> None:
        for path in (file, self._digest(file.name)):
            if path.is_dir() and not path.is_symlink():  # something else was put in its place
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _umask() -> int:
    """The process's mask of file modes, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


class _HashingStream:
    """A writable stream that hashes what is written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.digest = stream, hashlib.sha256()
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        """Hash and write."""
        self.digest.update(data)
        try:
            return self._stream.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()
