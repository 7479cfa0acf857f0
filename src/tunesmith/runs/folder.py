"""A run's folder: its layout, its lock and its files, which are written atomically."""

import contextlib
import os
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config, saved
from tunesmith.configuration.identity import run_id
from tunesmith.configuration.stages import keeps_no_model
from tunesmith.errors import UserError
from tunesmith.runs import heartbeat
from tunesmith.runs.recorded import REMEDY, Recorded
from tunesmith.runs.scores import numbers
from tunesmith.storage import files
from tunesmith.storage.contained import check_below, check_contained
from tunesmith.storage.verified_folder import DamagedError, VerifiedFolder

_PROGRESS = ("step", "steps", "scores", "rollbacks", "earlier_seconds")
_KEPT = ("*.json", "*.yaml", "metrics.csv", "predictions/*", "model/**/*")  # files that are read again
_LOCK_TIMEOUT_SECONDS = 0.3  # a process that only checks whether the run is busy holds the lock for less


class BusyError(UserError):
    """The run is in use by another process."""


class RunFolder:
    """`<output_dir>/<name>/<run id>/`. Only a run whose status is `done` has a metrics.json.

    Args:
        path: the folder.
        writes: false for a rank that writes no files.
    """

    def __init__(self, path: Path, *, writes: bool = True) -> None:
        self.path, self._writes = path, writes
        self._files = VerifiedFolder(path, kept=_KEPT, remedy="remove the folder and train again")
        self._lock = files.Lock(path)

    @classmethod
    def of(cls, config: Config) -> "RunFolder":
        """The folder of a config, whether or not it exists."""
        return cls(Path(config["output_dir"]).expanduser() / str(config["name"]) / run_id(config))

    @classmethod
    def claim(cls, config: Config, *, fresh: bool = False) -> "RunFolder":
        """Create the config's folder if necessary, and lock it until this process ends.

        Args:
            fresh: if the folder exists, create one with a number appended to its id.

        Raises:
            UserError: if the folder cannot be created, the run is in use by another process, or its status is damaged.
        """
        run = cls.of(config)
        first = run.path
        number = 1
        check_below(run.path, Path(config["output_dir"]).expanduser())
        try:
            while True:
                try:
                    run.path.mkdir(parents=True)
                    break
                except FileExistsError:
                    if not fresh:
                        break
                    number += 1
                    run = cls(first.with_name(f"{first.name}-{number}"))
            check_contained(run.path, finished=("wandb/*",))  # where W&B links to its own log
            run.lock()
            run.check_status()
        except OSError as error:
            raise UserError(
                f"cannot create the run's folder {run.path}: {error.strerror}; set output_dir to a writable folder"
            ) from error
        return run

    def lock(self) -> None:
        """Lock the run until this process ends.

        Raises:
            BusyError: if the run is in use by another process.
        """
        deadline = time.monotonic() + _LOCK_TIMEOUT_SECONDS
        while not (held := self._lock.take()) and time.monotonic() < deadline:
            time.sleep(0.02)
        if self._lock.missing is not None:
            print(
                f"Files in {self.path} cannot be locked ({self._lock.missing}); a run in use is recognised by its heartbeat",
                flush=True,
            )
        status = self.status()
        if not held or self._in_use_without_lock(status):
            self.release()
            raise BusyError(
                f"{self.path} is in use by process {status.get('pid')} on {status.get('host')}; wait for it or stop it"
            )

    def _in_use_without_lock(self, status: dict[str, Any]) -> bool:
        """Whether a process that this machine's locks do not show uses the run: it takes a few seconds to be sure."""
        here = status.get("host") == socket.gethostname()
        if status.get("state") != "running" or (here and self._lock.missing is None):
            return False
        if here and not Path(f"/proc/{status.get('pid')}").exists():
            return False
        return heartbeat.is_beating(self.path)

    def release(self) -> None:
        """Release the lock."""
        self._lock.release()

    @property
    def busy(self) -> bool:
        """Whether the run is in use by a process, on this machine or on another one that shares the folder."""
        if self._lock.taken():
            return True
        status = self.status()
        elsewhere = status.get("state") == "running" and status.get("host") != socket.gethostname()
        return elsewhere and heartbeat.is_recent(self.path)

    def status(self) -> dict[str, Any]:
        """Content of status.json; empty if it is missing or damaged."""
        try:
            return self._object("status.json")
        except DamagedError:
            return {}

    def check_status(self) -> None:
        """Check that status.json is as it was written.

        Raises:
            DamagedError: if it is not.
        """
        self._object("status.json")

    @property
    def completed(self) -> bool:
        """Whether the run is completed."""
        return self.status().get("state") == "done" and (self.path / "metrics.json").is_file()

    @classmethod
    def open(cls, path: str | Path) -> "RunFolder":
        """Open the folder of a completed run.

        Raises:
            UserError: if there is no run, or it is not completed.
        """
        run = cls(Path(path).expanduser())
        if not run.path.is_dir():
            raise UserError(f"run={path} is not a folder; expected the folder of a run: runs/<name>/<run id>")
        if not (run.path / "status.json").is_file():
            inside = sorted(file.parent for file in run.path.glob("**/status.json"))
            hint = f"; did you mean run={inside[0]}?" if inside else "; expected runs/<name>/<run id>"
            raise UserError(f"run={path} contains no run{hint}")
        state = run._object("status.json").get("state")
        if state != "done":
            raise UserError(f"run={path} is {state}, not completed; see {run.path / 'train.log'}")
        if not run._files.has_digests:
            note = f"{run.path} was written by an earlier version, without digests: its files are not verified"
            print(note, file=sys.stderr)
        return run

    @property
    def recorded(self) -> Recorded:
        """What the run has recorded of its data, code, tokenizer and labels; nothing before training has started.

        Raises:
            DamagedError: if manifest.json is not as a run writes it.
        """
        found, file = self._object("manifest.json"), self.path / "manifest.json"
        if file.exists() and not (found and isinstance(found.get("data", {}), dict)):
            raise DamagedError(
                f"{file} is damaged: expected the fingerprints of the data that the run was trained on; restore the file "
                f"from a copy, or {REMEDY}"
            )
        return Recorded(self.path, found)

    def _object(self, name: str) -> dict[str, Any]:
        """A JSON object of the run; empty if it was never written.

        Raises:
            DamagedError: if it is not as it was written.
        """
        try:
            found = self.read_json(name)
        except FileNotFoundError:
            return {}
        if not isinstance(found, dict):
            raise DamagedError(f"{self.path / name} is damaged: expected a JSON object; {REMEDY}")
        return found

    def config(self) -> Config:
        """The run's resolved config.

        Raises:
            UserError: if config.yaml is missing or damaged.
        """
        file = self.path / "config.yaml"
        try:
            return saved.parse(self._files.read_text(file.name), file)
        except FileNotFoundError as error:
            raise UserError(f"{file} does not exist; expected a run folder, runs/<name>/<run id>") from error

    @property
    def model(self) -> Path:
        """Folder of the trained model, a Hugging Face checkpoint."""
        return self.path / "model"

    def check_model(self, *names: str) -> None:
        """Check that model/ has these files.

        Raises:
            UserError: naming the first that is missing, or the setting by which the run has kept no weights.
        """
        for name in names:
            if (self.model / name).is_file():
                continue
            if keeps_no_model(self.config()):
                raise UserError(
                    f"{self.path} has no weights: it was run with callbacks.checkpoint.save_model=false; run it again without"
                )
            raise UserError(f"{self.model / name} is missing; expected the model/ folder as the run saved it")

    def verifying_model(self, below: str = "") -> contextlib.AbstractContextManager[None]:
        """Verify the files of model/ whose names start so, while a block loads them; raises DamagedError at its end."""
        return self._files.verifying(f"model/{below}")

    def verify(self, below: str) -> None:
        """Verify the files whose names start so; raises DamagedError for the first that is not as it was written."""
        self._files.verify(below)

    def seal(self) -> None:
        """Record the content of all files that are read again, once they are complete."""
        if self._writes:
            self._files.record()

    def write_text(self, name: str, text: str) -> None:
        """Write a file of the run atomically, with its digest."""
        if self._writes:
            self._files.write_texts({name: text})

    def write_json(self, name: str, value: Any) -> None:
        """Write a value as indented JSON; numbers that are not finite become null."""
        self.write_text(name, files.as_json(files.with_null(value)))

    def read_text(self, name: str) -> str:
        """Read a text file of the run.

        Raises:
            FileNotFoundError: if it was never written.
            DamagedError: if it is not as it was written.
        """
        return self._files.read_text(name)

    def read_json(self, name: str) -> Any:
        """Read a JSON file of the run; raises DamagedError if it is not as it was written."""
        return self._files.read_json(name)

    def scores(self) -> dict[str, float]:
        """The scores in metrics.json by name; NaN where they are null."""
        return numbers(self.read_json("metrics.json"))

    def lines(self, name: str) -> Iterator[str]:
        """The lines of a text file of the run, read as they are needed; it is verified before the first.

        Raises:
            FileNotFoundError: if it was never written.
            DamagedError: if it is not as it was written.
        """
        return self._files.lines(name)

    def write_lines(self, name: str, records: Iterable[dict[str, Any]]) -> None:
        """Write JSON lines."""
        self.write_text(name, "".join(map(files.json_line, records)))

    def set_state(self, state: str, **details: Any) -> None:
        """Write state and details to status.json; recorded steps and scores are kept unless given."""
        details = {key: value for key, value in self.status().items() if key in _PROGRESS} | details
        now = datetime.now(UTC).isoformat(timespec="seconds")
        status = {"state": state, "updated": now, "pid": os.getpid(), "host": socket.gethostname()}
        self.write_json("status.json", status | details)
