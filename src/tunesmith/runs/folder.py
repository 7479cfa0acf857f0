"""A run's folder: its layout, its lock and its files, which are written atomically."""

import json
import os
import socket
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config, saved
from tunesmith.configuration.identity import run_id
from tunesmith.data.sources.files import digest
from tunesmith.errors import UserError
from tunesmith.runs import files, heartbeat
from tunesmith.runs.code import plugins
from tunesmith.runs.scores import numbers

_PROGRESS = ("step", "steps", "scores", "rollbacks")
_REMEDY = "set name=... for a new run, or remove the folder"
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
            UserError: if the folder cannot be created, or the run is in use by another process.
        """
        run = cls.of(config)
        first = run.path
        number = 1
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
            run.lock()
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
        """Content of status.json; empty if it is missing or cannot be read."""
        return self._recorded("status.json")

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
        state = run.read_json("status.json")["state"]
        if state != "done":
            raise UserError(f"run={path} is {state}, not completed; see {run.path / 'train.log'}")
        return run

    def check_data(self, source: Any) -> None:
        """Check that the run's data files are those that it was trained on.

        Raises:
            UserError: if one of them has changed.
        """
        if changed := self.changed_data(source.fingerprint):
            raise UserError(
                f"{self.path} was trained on different data: {', '.join(changed)} has changed since; {_REMEDY}"
            )

    def differing_splits(self, source: Any) -> list[str]:
        """Splits of a source, except training, whose content the run did not have."""
        before = self._fingerprints()
        return [
            split
            for split in source.splits
            if split != "train"
            and before
            and _content(before.get(split, ""), split) != _content(source.fingerprint(split), split)
        ]

    def changed_data(self, fingerprint: Callable[[str], str]) -> list[str]:
        """The splits whose data the run was not trained on, as `dataset.train`; none if it has not recorded its data.

        Args:
            fingerprint: identifies the present content of a split.
        """
        before = self._fingerprints()
        return [f"dataset.{split}" for split, content in before.items() if fingerprint(split) != content]

    def _fingerprints(self) -> dict[str, str]:
        """What identifies the content of each split that the run was trained with; empty if it has no manifest.

        Raises:
            UserError: if the manifest is damaged.
        """
        if not (self.path / "manifest.json").exists():
            return {}
        manifest = self._recorded("manifest.json")
        data = manifest.get("data", {})
        found = data.get("fingerprints", {}) if isinstance(data, dict) else None
        if not manifest or not isinstance(found, dict):
            raise UserError(
                f"{self.path / 'manifest.json'} is damaged: expected the fingerprints of the data that the run was "
                f"trained on; restore the file from a copy, {_REMEDY}"
            )
        return found

    def check_plugins(self, config: Config) -> None:
        """Check that the user's packages that a config names are as they were when the run was started.

        Raises:
            UserError: if one has changed.
        """
        before = self._recorded("manifest.json").get("plugins", {})
        changed = [name for name, content in plugins(config).items() if before.get(name, content) != content]
        if changed:
            raise UserError(
                f"{self.path} was started with other code: the package {' and '.join(changed)}, which its config names, "
                f"has changed since; {_REMEDY}"
            )

    def check_tokenizer(self, key: str) -> None:
        """Check that a resumed run uses the tokenizer that it was started with.

        Args:
            key: identifies the tokenizer's content.

        Raises:
            UserError: if it uses a different one.
        """
        before = self._recorded("manifest.json").get("model", {}).get("tokenizer", key)
        if before != key:
            raise UserError(
                f"{self.path} was started with a different tokenizer, so its checkpoint does not match: the backbone's "
                f"files or the version of a package have changed since; {_REMEDY}"
            )

    def _recorded(self, name: str) -> dict[str, Any]:
        """A JSON object of the run; empty if it is missing or cannot be read."""
        try:
            found = self.read_json(name)
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def config(self) -> Config:
        """The run's resolved config."""
        return saved.load(self.path / "config.yaml")

    @property
    def model(self) -> Path:
        """Folder of the trained model, a Hugging Face checkpoint."""
        return self.path / "model"

    def tokenizer_digest(self) -> str | None:
        """Digest of the model's tokenizer.json; None if there is none."""
        file = self.model / "tokenizer.json"
        return digest(file) if file.is_file() else None

    def write_text(self, name: str, text: str) -> None:
        """Write a file of the run atomically."""
        if self._writes:
            files.write_text(self.path / name, text)

    def write_json(self, name: str, value: Any) -> None:
        """Write a value as indented JSON; numbers that are not finite become null."""
        if self._writes:
            files.write_json(self.path / name, files.with_null(value))

    def read_json(self, name: str) -> Any:
        """Read a JSON file of the run."""
        return json.loads((self.path / name).read_text(encoding="utf-8"))

    def scores(self) -> dict[str, float]:
        """The scores in metrics.json by name; NaN where they are null."""
        return numbers(self.read_json("metrics.json"))

    def write_lines(self, name: str, records: Iterable[dict[str, Any]]) -> None:
        """Write JSON lines."""
        self.write_text(name, "".join(map(files.json_line, records)))

    def set_state(self, state: str, **details: Any) -> None:
        """Write state and details to status.json; recorded steps and scores are kept unless given."""
        details = {key: value for key, value in self.status().items() if key in _PROGRESS} | details
        now = datetime.now(UTC).isoformat(timespec="seconds")
        status = {"state": state, "updated": now, "pid": os.getpid(), "host": socket.gethostname()}
        self.write_json("status.json", status | details)


def _content(fingerprint: str, split: str) -> str:
    """A split's fingerprint without how its source holds out rows, which concerns training and validation only."""
    return fingerprint if split == "validation" else fingerprint.removesuffix("-all").removesuffix(f"-{split}")
