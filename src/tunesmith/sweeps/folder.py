"""A sweep's folder: the frozen configs of its jobs, their logs, the search history and the results."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tunesmith.configuration import saved
from tunesmith.configuration.secrets import recorded_command
from tunesmith.errors import UserError
from tunesmith.storage import disk_errors, files
from tunesmith.storage.contained import check_contained
from tunesmith.storage.verified_folder import DamagedError, VerifiedFolder
from tunesmith.sweeps.job import Job

FILE = "sweep.json"
# Launches that have ended, with absolute links of submitit, and W&B runs, with links to W&B's own log.
FINISHED = ("hydra/*", "wandb/*")
_BYTES = 256 * 2**20  # a job has about 300
_REMEDY = "remove the sweep's folder: the same command makes a new one, and completed runs are not run again"


class SweepFolder:
    """`sweep.json` describes the sweep; `jobs/0001.yaml` is the frozen config of job 1, unaffected by later edits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = files.Lock(path)
        self._files = VerifiedFolder(path, kept=(FILE, "jobs/*.yaml"), remedy=_REMEDY)
        self._content: dict[str, Any] = {}

    @classmethod
    def claim(cls, path: Path, *, identity: str, varied: list[str]) -> "SweepFolder":
        """The folder, locked by this process until it ends.

        Args:
            identity: hash of the sweep's content.
            varied: keys of the axes.

        Raises:
            UserError: if it cannot be written, belongs to another sweep, or is in use by another process.
        """
        folder = cls(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            check_contained(path, finished=FINISHED)
            free = folder.lock.take()
        except OSError as error:
            raise UserError(
                f"The sweep's folder {path} cannot be created: {error.strerror}; set output_dir=..."
            ) from error
        if not free:
            raise UserError(f"{path} is in use by another process; wait for it or stop it")
        previous = folder.read()
        if previous and previous["identity"] != identity:
            raise UserError(
                f"sweep.folder={path} belongs to another search space ({', '.join(previous['varied']) or 'empty'}); "
                "set sweep.folder to another folder, or leave it out"
            )
        folder._content = previous or {"identity": identity, "varied": varied, "jobs": []}
        folder._content |= {
            "command": recorded_command(sys.argv[1:]),
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "directory": str(Path.cwd()),
            "pid": os.getpid(),
        }
        return folder

    def describe(self, **content: Any) -> None:
        """Add metadata of the sweep to sweep.json."""
        self._content |= content
        self._write({FILE: files.as_json(self._content)})

    def read(self) -> dict[str, Any]:
        """sweep.json; empty if there is none.

        Raises:
            DamagedError: if it is not as it was written.
        """
        try:
            content: dict[str, Any] = self._files.read_json(FILE, limit=_BYTES)
        except FileNotFoundError:
            return {}
        if not _is_a_sweep(content):
            raise DamagedError(f"{self.path / FILE} is not as a sweep writes it; expected the folder of a sweep")
        return content

    def freeze(self, jobs: list[Job]) -> None:
        """Write the configs of new jobs, and list them in sweep.json."""
        frozen = {_config_file(job.number): saved.to_yaml(job.config) for job in jobs}
        records = {record["number"]: record for record in self._content["jobs"]}
        records |= {job.number: job.record for job in jobs}
        self._content["jobs"] = list(records.values())
        self._write(frozen | {FILE: files.as_json(self._content)})

    def _write(self, texts: dict[str, str]) -> None:
        with disk_errors.explained(folder=self.path, remedy=", or set output_dir to another disk"):
            self._files.write_texts(texts)

    def entries(self) -> list[dict[str, Any]]:
        """The entries of the jobs in sweep.json: number, run, overrides, trial, reports, stage."""
        found: list[dict[str, Any]] = self.read().get("jobs", [])
        return found

    def jobs(self) -> list[Job]:
        """The frozen jobs."""
        return [self.frozen(entry) for entry in self.entries()]

    def job(self, number: int) -> Job:
        """A frozen job."""
        return self.frozen(next(entry for entry in self.entries() if entry["number"] == number))

    def frozen(self, entry: dict[str, Any]) -> Job:
        """The frozen job of an entry.

        Raises:
            DamagedError: if its config is not as it was written.
        """
        names = ("number", "overrides", "trial", "reports", "stage")
        known = {name: entry[name] for name in names if name in entry}
        file = _config_file(entry["number"])
        return Job(config=saved.parse(self._files.read_text(file), self.path / file), **known)

    def config_file(self, number: int) -> str:
        """The name, in the folder, of the frozen config of a job."""
        return _config_file(number)

    @property
    def study(self) -> Path:
        """The search history, for Optuna and its dashboard."""
        return self.path / "study.log"

    def log(self, number: int) -> Path:
        """The output of a job."""
        return self.path / "logs" / f"{_file_name(number)}.log"


def _config_file(number: int) -> str:
    return f"jobs/{_file_name(number)}.yaml"


def _is_a_sweep(content: Any) -> bool:
    if not isinstance(content, dict) or not all(isinstance(content.get(key), str) for key in ("identity", "directory")):
        return False
    varied, jobs = content.get("varied"), content.get("jobs")
    if not isinstance(varied, list) or not all(isinstance(key, str) for key in varied) or not isinstance(jobs, list):
        return False
    return all(map(_is_a_job, jobs))


def _is_a_job(record: Any) -> bool:
    if not isinstance(record, dict) or not isinstance(record.get("overrides"), dict):
        return False
    texts = [*record["overrides"], *record["overrides"].values(), record.get("run")]
    numbers = [
        record.get("number"),
        record.get("trial") or 0,
        record.get("reports") or False,
        record.get("stage") or False,
    ]
    return all(map(_is_text, texts)) and all(isinstance(number, int) for number in numbers)


def _is_text(value: Any) -> bool:
    """Whether it is a text that can be written: JSON can also spell half of a surrogate pair, which is no character."""
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def _file_name(number: int) -> str:
    return f"{number:04}" if number > 0 else f"stage-{-number}"
