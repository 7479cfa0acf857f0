"""A run's checkpoint files: whole or not there at all, with a digest, and only as many as are needed."""

import hashlib
import itertools
import logging
from pathlib import Path
from typing import Any, BinaryIO

LOG = logging.getLogger("tunesmith")
STATES = 2  # kept, so that the one before is there when the newest is damaged


class Checkpoints:
    """`checkpoints/state-<step>.ckpt`, from which a run continues, and `best-<step>.ckpt`, the best weights so far.

    A file counts once its digest stands beside it, in `<name>.sha256`, and only while the two agree: a bit that flips
    on the disk would load without an error.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, name: str, content: dict[str, Any]) -> None:
        """Write tensors, numbers and texts; the file has its name only when it is whole."""
        import torch

        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / name
        draft = file.with_suffix(".part")
        hashed: Any = None
        try:
            with draft.open("wb") as stream:
                hashed = _Hashed(stream)
                torch.save(content, hashed)
                stream.flush()
            self._digest(name).write_text(hashed.digest.hexdigest(), encoding="utf-8")
            draft.replace(file)
        except BaseException as error:
            draft.unlink(missing_ok=True)
            if hashed is not None and hashed.error is not None:  # torch turns it into a RuntimeError without its number
                raise hashed.error from error
            raise

    def load(self, name: str) -> dict[str, Any] | None:
        """What `save` wrote, on the CPU; None if the file is missing or damaged."""
        import torch

        if not self._intact(name):
            return None
        content: dict[str, Any] = torch.load(self._folder / name, map_location="cpu", weights_only=True)
        return content

    def _intact(self, name: str) -> bool:
        file, digest = self._folder / name, self._digest(name)
        if not file.is_file() or not digest.is_file():
            return False
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != digest.read_text(encoding="utf-8"):
            LOG.warning("%s is damaged; the one before it is used", file)
            return False
        return True

    def newest(self) -> dict[str, Any] | None:
        """The latest state that is intact, and whose best weights are; None to start from the beginning."""
        for file in reversed(self._states()):
            state = self.load(file.name)
            if state is not None and (state["best"] is None or self._intact(state["best"])):
                return state
        return None

    def save_state(self, step: int, content: dict[str, Any]) -> None:
        """Write a state, then remove what no state that is kept refers to.

        Args:
            step: optimizer steps done.
            content: `best` names the best weights' file.
        """
        self.save(f"state-{step:08}.ckpt", content)
        states = self._states()
        for file in states[:-STATES]:
            self._remove(file)
        best = sorted(self._folder.glob("best-*.ckpt"))
        oldest = int(states[-STATES:][0].stem.partition("-")[2])
        # The weights that a state refers to are the newest that are no newer than the state.
        for file, next_file in itertools.pairwise(best):
            if file.name != content["best"] and int(next_file.stem.partition("-")[2]) <= oldest:
                self._remove(file)

    def finish(self, *, best: str | None, keep_state: bool) -> None:
        """Keep the best weights and, if wanted, the last state."""
        states = self._states()
        for file in states[:-1] if keep_state else states:
            self._remove(file)
        for file in self._folder.glob("best-*.ckpt"):
            if file.name != best:
                self._remove(file)

    def _states(self) -> list[Path]:
        return sorted(self._folder.glob("state-*.ckpt"))

    def _digest(self, name: str) -> Path:
        return self._folder / f"{name}.sha256"

    def _remove(self, file: Path) -> None:
        file.unlink(missing_ok=True)
        self._digest(file.name).unlink(missing_ok=True)


class _Hashed:
    """A stream to write to that hashes what passes."""

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
