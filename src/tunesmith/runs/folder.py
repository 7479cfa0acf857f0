"""A run's folder: what stands where, and files that are whole or not there at all."""

import json
import os
import socket
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config, saved
from tunesmith.configuration.identity import run_id
from tunesmith.data.sources.files import digest
from tunesmith.errors import UserError
from tunesmith.runs import files

_PROGRESS = ("step", "steps", "scores")
_ANEW = "set name=... for a new run, or remove the folder"
_LOOK_SECONDS = 0.3  # one that only looks whether the run is busy holds it for less


class BusyError(UserError):
    """Another process runs this run."""


class RunFolder:
    """`<output_dir>/<name>/<run id>/`. Only a run whose status is `done` has a metrics.json.

    Args:
        path: of the folder.
        writes: false for a process that leaves all files to another one.
    """

    def __init__(self, path: Path, *, writes: bool = True) -> None:
        self.path, self._writes = path, writes
        self._lock = files.Lock(path)

    @classmethod
    def of(cls, config: Config) -> "RunFolder":
        """The folder that belongs to a config, whether it is there or not."""
        return cls(Path(config["output_dir"]).expanduser() / str(config["name"]) / run_id(config))

    @classmethod
    def claim(cls, config: Config, *, fresh: bool = False) -> "RunFolder":
        """The config's folder, for this process alone until it ends, however it ends.

        Args:
            fresh: make a folder with a number behind the id if the run has one already.

        Raises:
            UserError: if the folder cannot be written, or another process runs this run.
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
                f"The run's folder {run.path} cannot be made: {error.strerror}; set output_dir to a folder that you may write to"
            ) from error
        return run

    def lock(self) -> None:
        """Hold the run until the process ends, however it ends.

        Raises:
            BusyError: if another process holds it.
        """
        until = time.monotonic() + _LOOK_SECONDS
        while not (held := self._lock.take()) and time.monotonic() < until:
            time.sleep(0.02)
        if not held:
            status = self.status()
            raise BusyError(
                f"{self.path} is being run by process {status.get('pid')} on {status.get('host')}; wait for it or end it"
            )

    def release(self) -> None:
        """Let go of the run."""
        self._lock.release()

    @property
    def busy(self) -> bool:
        """Whether a process is running it."""
        return self._lock.taken()

    def status(self) -> dict[str, Any]:
        """status.json; empty where there is none, or none that can be read."""
        return self._recorded("status.json")

    @property
    def completed(self) -> bool:
        """Whether it has run to its end."""
        return self.status().get("state") == "done" and (self.path / "metrics.json").is_file()

    @classmethod
    def open(cls, path: str | Path) -> "RunFolder":
        """A finished run.

        Raises:
            UserError: if there is no run, or it has not finished.
        """
        run = cls(Path(path).expanduser())
        if not run.path.is_dir():
            raise UserError(f"run={path} is no folder; expected that of a run: runs/<name>/<run id>")
        if not (run.path / "status.json").is_file():
            inside = sorted(file.parent for file in run.path.glob("**/status.json"))
            hint = f"; did you mean run={inside[0]}?" if inside else "; expected runs/<name>/<run id>"
            raise UserError(f"run={path} holds no run{hint}")
        state = run.read_json("status.json")["state"]
        if state != "done":
            raise UserError(f"run={path} is {state}, not done; see {run.path / 'train.log'}")
        return run

    def check_data(self, source: Any) -> None:
        """See that the run's files still hold what it was trained on.

        Raises:
            UserError: if they do not.
        """
        before = self._recorded("manifest.json").get("data", {}).get("fingerprints", {})
        changed = [f"dataset.{split}" for split, content in before.items() if source.fingerprint(split) != content]
        if changed:
            raise UserError(f"{self.path} was trained on other data: {', '.join(changed)} has changed since; {_ANEW}")

    def check_tokenizer(self, key: str) -> None:
        """See that a run that goes on reads its texts as before.

        Args:
            key: names the tokenizer's content.

        Raises:
            UserError: if it was begun with another one.
        """
        before = self._recorded("manifest.json").get("model", {}).get("tokenizer", key)
        if before != key:
            raise UserError(
                f"{self.path} was begun with another tokenizer, so its checkpoint does not fit: the backbone's files or the "
                f"version of a package have changed since; {_ANEW}"
            )

    def _recorded(self, name: str) -> dict[str, Any]:
        """A JSON object of the run; empty where there is none, or none that can be read."""
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
        """The Hugging Face folder of the trained model."""
        return self.path / "model"

    def tokenizer_digest(self) -> str | None:
        """Names the content of the model's tokenizer.json; None if there is none."""
        file = self.model / "tokenizer.json"
        return digest(file) if file.is_file() else None

    def write_text(self, name: str, text: str) -> None:
        """Write a file of the run, whole or not at all."""
        if self._writes:
            files.write_text(self.path / name, text)

    def write_json(self, name: str, value: Any) -> None:
        """Write a value as indented JSON."""
        if self._writes:
            files.write_json(self.path / name, value)

    def read_json(self, name: str) -> Any:
        """Read a JSON file of the run."""
        return json.loads((self.path / name).read_text(encoding="utf-8"))

    def write_lines(self, name: str, records: Iterable[dict[str, Any]]) -> None:
        """Write JSON lines."""
        self.write_text(name, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))

    def set_state(self, state: str, **details: Any) -> None:
        """Say in status.json how far the run is; what was said of its steps and scores stays."""
        details = {key: value for key, value in self.status().items() if key in _PROGRESS} | details
        now = datetime.now(UTC).isoformat(timespec="seconds")
        status = {"state": state, "updated": now, "pid": os.getpid(), "host": socket.gethostname()}
        self.write_json("status.json", status | details)
