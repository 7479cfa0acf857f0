"""A run's folder: what stands where, and files that are whole or not there at all."""

import json
import os
import socket
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from tunesmith import config as configs
from tunesmith.config import Config
from tunesmith.errors import UserError

State = Literal["running", "done", "failed", "interrupted"]


class RunFolder:
    """`<output_dir>/<name>/<run id>/`. Only a run whose status is `done` has a metrics.json."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, config: Config) -> "RunFolder":
        """A new folder for a run. The same config again gets a number behind its id: no run is ever overwritten.

        Raises:
            UserError: if the folder cannot be written.
        """
        base = Path(config["output_dir"]).expanduser() / str(config["name"])
        identity = configs.run_id(config)
        try:
            base.mkdir(parents=True, exist_ok=True)
            number = 1
            while True:
                path = base / (identity if number == 1 else f"{identity}-{number}")
                try:
                    path.mkdir()
                    return cls(path)
                except FileExistsError:
                    number += 1
        except OSError as error:
            raise UserError(
                f"The run's folder cannot be made in {base}: {error.strerror}; set output_dir to a folder that you may write to"
            ) from error

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

    def config(self) -> Config:
        """The run's resolved config."""
        return configs.load(self.path / "config.yaml")

    @property
    def model(self) -> Path:
        """The Hugging Face folder of the trained model."""
        return self.path / "model"

    def write_text(self, name: str, text: str) -> None:
        """Write a file under another name first, so that it never stands half written."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            Path(draft).chmod(0o644)
            Path(draft).replace(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise

    def write_json(self, name: str, value: Any) -> None:
        """Write a value as indented JSON."""
        self.write_text(name, json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def read_json(self, name: str) -> Any:
        """Read a JSON file of the run."""
        return json.loads((self.path / name).read_text(encoding="utf-8"))

    def write_lines(self, name: str, records: Iterable[dict[str, Any]]) -> None:
        """Write JSON lines."""
        self.write_text(name, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))

    def set_state(self, state: State, **details: Any) -> None:
        """Say in status.json how far the run is."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        status = {"state": state, "updated": now, "pid": os.getpid(), "host": socket.gethostname()}
        self.write_json("status.json", status | details)
