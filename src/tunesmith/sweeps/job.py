"""One job of a sweep: one run, new or resumed."""

import contextlib
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config
from tunesmith.runs.folder import RunFolder
from tunesmith.storage.verified_folder import DamagedError

BUSY = 75  # exit status of a job whose run is in use by another process (EX_TEMPFAIL of sysexits.h)


@dataclass(frozen=True)
class Job:
    """A frozen config and its place in the sweep.

    Attributes:
        number: from 1.
        config: resolved and checked.
        overrides: the varied keys and this job's values, as typed.
        trial: number of its trial in the search; None in a grid.
        reports: whether it reports its scores to the pruner.
        stage: whether other jobs start from its model; its number is then negative.
    """

    number: int
    config: Config
    overrides: dict[str, str]
    trial: int | None = None
    reports: bool = False
    stage: bool = False

    @property
    def run(self) -> RunFolder:
        """Its run folder."""
        return RunFolder.of(self.config)

    @property
    def label(self) -> str:
        """Its displayed number: 7, or stage 1."""
        return f"stage {-self.number}" if self.stage else str(self.number)

    @property
    def name(self) -> str:
        """Its displayed name: the overrides, or the name of the stage."""
        if self.stage:
            return str(self.config["name"])
        return " ".join(f"{key}={value}" for key, value in self.overrides.items()) or "no overrides"

    @property
    def record(self) -> dict[str, Any]:
        """Its entry in sweep.json."""
        return {
            "number": self.number,
            "run": str(self.run.path),
            "overrides": self.overrides,
            "trial": self.trial,
            "reports": self.reports,
            "stage": self.stage,
        }


def final_state(job: Job, exit_code: int, *, process: int, log: Path, stopped: bool = False) -> str:
    """The state of a job whose process has ended, which is recorded here if the process could not record it.

    Args:
        exit_code: of the process; negative for the signal that killed it.
        process: its pid; a status that another process has recorded is out of date.
        log: its output.
        stopped: whether it was sent a signal to stop.
    """
    if exit_code == BUSY:
        return "busy"
    if job.run.completed:
        return "done"
    status = job.run.status()
    if (
        status.get("pid") == process
        and exit_code in (0, 1, 2)
        and status["state"] in ("failed", "interrupted", "pruned")
    ):
        return str(status["state"])
    if exit_code < 0:
        error = f"killed by {signal.Signals(-exit_code).name}" + " (out of memory?)" * (exit_code == -signal.SIGKILL)
    elif exit_code in (1, 2):
        error = _last_line(log)
    else:
        error = f"the process exited with status {exit_code} before the run completed"
    state = "interrupted" if stopped else "failed"
    with contextlib.suppress(OSError, DamagedError):  # a full disk
        job.run.set_state(state, error=error)
    return state


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.is_file() else []
    return lines[-1].removeprefix("tunesmith: ") if lines else "no message"
