"""Progress of a running sweep: a live table on a terminal, one line per event in a file.

The table has as many columns as fit: a narrow terminal leaves out the bar, the times and the state, in this order, and never
the scores.
"""

import heapq
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tunesmith.configuration.monitor import larger_is_better
from tunesmith.documents.durations import duration, time_left
from tunesmith.documents.numbers import score
from tunesmith.errors.terminal import Escaped, SafeStream, console
from tunesmith.runs.scores import numbers
from tunesmith.sweeps.disk_space import DiskSpace
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job

_COLOURS = {"done": "green", "failed": "red", "interrupted": "yellow", "pruned": "magenta", "running": "cyan"}
_ENDED_SHOWN = 8  # ended jobs that stay in the table
_SECONDS = 0.5  # between two refreshes
_BAR, _NAME = 12, 16  # characters of a bar, and of the names of jobs at least
_DROPPED = ("progress", "left", "time", "state")  # the columns that a narrow terminal lacks, in this order


class _Running(NamedTuple):
    """A job's process: when it started, on `time.monotonic`, and the optimizer step that its run was at."""

    job: Job
    began: float
    step: int


class ProgressDisplay:
    """Shows the progress of a sweep's jobs.

    Args:
        folder: of the sweep.
        states: number of jobs in each state before it starts.
        total: number of jobs, as far as it is known.
        done: the jobs that earlier commands have completed: one of them may be the best so far.
    """

    def __init__(self, folder: SweepFolder, states: Counter[str], total: int, done: Iterable[Job]) -> None:
        self._folder, self.states, self._total = folder, states, total
        self._running: dict[int, _Running] = {}
        self._at_once = 1  # the most jobs that have run at a time
        self._ended: list[tuple[Job, str, float]] = []
        self._seconds: list[float] = []  # of the jobs that have ended
        self._best: tuple[float, str] | None = None  # of those that are done: larger is better, and what is shown
        self._disk_space = DiskSpace()
        self._console = console()
        self._redrawn = self._console.is_terminal and not self._console.is_dumb_terminal
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._last_refresh = 0.0
        for job in done:
            self._is_best(job.run.status(), job)

    def __enter__(self) -> "ProgressDisplay":
        if self._redrawn:
            self._live.start()
            sys.stdout = SafeStream(sys.stdout)  # rich's, which prints above the table
        return self

    def __exit__(self, *exception: object) -> None:
        if self._redrawn:
            self._live.stop()

    def started(self, job: Job) -> None:
        """A job's process was started."""
        self._running[job.number] = _Running(job, time.monotonic(), _steps(job.run.status())[0])
        self._at_once = max(self._at_once, len(self._running))

    def ended(self, job: Job, state: str) -> None:
        """A job's process has ended."""
        seconds = time.monotonic() - self._running.pop(job.number).began
        if state == "busy":
            self._print(f"job {job.label} is in use by another process; it will be retried")
            return
        self.states[state] += 1
        self._ended = [*self._ended, (job, state, seconds)][-_ENDED_SHOWN:]
        status = job.run.status()
        if state in ("done", "pruned"):
            self._seconds.append(seconds)
        is_best = state == "done" and not job.stage and self._is_best(status, job)
        if state not in ("done", "pruned"):
            error = str(status.get("error", "")).partition("\n")[0]
            log = os.path.relpath(self._folder.log(job.number))
            self._print(f"{state} {job.label}: {job.name}\n  {error}\n  {log}", state)
        elif not self._redrawn:
            parts = [_scores(status), "best so far" * is_best, _stopped(status), duration(seconds), self._left()]
            self._print(f"{state} {job.label}: {job.name}  {'  '.join(filter(None, parts))}", state)
        if state == "done" and (note := self._disk_space.shortage(job.run.path, self._waiting + len(self._running))):
            self._print(note)

    def refresh(self) -> None:
        """Redraw the table if it is due."""
        if self._redrawn and time.monotonic() - self._last_refresh > _SECONDS:
            self._last_refresh = time.monotonic()
            self._live.update(Escaped(self._render()), refresh=True)

    def _is_best(self, status: dict[str, Any], job: Job) -> bool:
        name, value = next(iter(numbers(status.get("scores") or {}).items()), ("", float("nan")))
        signed = value if larger_is_better(name) else -value
        if value != value or (self._best is not None and signed <= self._best[0]):
            return False
        self._best = signed, f"best {name.partition('/')[2]} {score(value)}, job {job.label}"
        return True

    def _print(self, text: str, state: str = "") -> None:
        line = Text(text)  # not markup: a name may contain [brackets]
        line.stylize(_COLOURS.get(state, "red"), 0, len(state))
        self._console.print(Escaped(line), soft_wrap=True)

    def _render(self) -> Group:
        rows = [self._row(job, state, seconds, job.run.status(), step=0) for job, state, seconds in self._ended]
        for job, began, step in self._running.values():
            status = job.run.status()
            state = "waiting" if status.get("state") == "interrupted" else "running"  # Slurm has requeued it
            rows.append(self._row(job, state, time.monotonic() - began, status, step=step))
        counts = [f"{len(self._running)} running", *(f"{n} {state}" for state, n in self.states.items() if n)]
        counts += [f"{self._waiting} waiting"] if self._waiting else []
        more = [part for part in (self._best[1] if self._best else "", self._left()) if part]
        return Group(self._table(rows), Text("  ".join([*counts, *more]), style="bold"))

    @property
    def _waiting(self) -> int:
        return max(self._total - sum(self.states.values()) - len(self._running), 0)

    def _left(self) -> str:
        """The remaining time, if each job takes the mean of those that have ended; empty before one has, and at the end."""
        if not self._seconds or not (self._waiting or self._running):
            return ""
        mean, now = sum(self._seconds) / len(self._seconds), time.monotonic()
        ends = [max(mean - (now - entry.began), 0.0) for entry in self._running.values()]
        ends += [0.0] * (self._at_once - len(ends))  # one has just ended: a waiting job starts in its place
        heapq.heapify(ends)
        for _ in range(self._waiting):
            heapq.heapreplace(ends, ends[0] + mean)
        return time_left(max(ends))

    def _row(self, job: Job, state: str, seconds: float, status: dict[str, Any], *, step: int) -> dict[str, Any]:
        """The cells of a job, by column.

        Args:
            step: that the run was at when the job started.
        """
        done, steps = _steps(status)
        running = state == "running" and done > step
        return {
            "job": job.label,
            "": Text(job.name, overflow="ellipsis"),
            "state": Text(state, style=_COLOURS.get(state, "")),
            "progress": ProgressBar(total=1, completed=1 if state == "done" else done / max(steps, 1), width=_BAR),
            "scores": Text(_scores(status), overflow="ellipsis"),
            "time": duration(seconds),
            "left": time_left(seconds / (done - step) * (steps - done)) if running else "",
        }

    def _table(self, rows: list[dict[str, Any]]) -> Table:
        headings = list(rows[0]) if rows else ["job", ""]
        widths = {
            heading: max(_width(cell) for cell in (heading, *(row[heading] for row in rows))) for heading in headings
        }
        widths[""] = min(widths[""], _NAME)
        for heading in _DROPPED:
            if sum(widths.values()) + 2 * (len(widths) - 1) > self._console.width:
                widths.pop(heading, None)
        table = Table(box=None, pad_edge=False, expand=True)
        for heading in widths:
            right = heading in ("job", "time", "left")
            table.add_column(heading, justify="right" if right else "left", no_wrap=True, ratio=None if heading else 1)
        for row in rows:
            table.add_row(*(row[heading] for heading in widths))
        return table


def _width(cell: Any) -> int:
    return _BAR if isinstance(cell, ProgressBar) else cell_len(str(cell))


def _steps(status: dict[str, Any]) -> tuple[int, int]:
    """The optimizer step and the number of steps; 0 where the file says something else."""
    step, steps = (value if isinstance(value, int) else 0 for value in (status.get("step"), status.get("steps")))
    return step, steps


def _scores(status: dict[str, Any]) -> str:
    scores = status.get("scores") or {}
    return "  ".join(f"{name.partition('/')[2]} {score(value)}" for name, value in list(numbers(scores).items())[:1])


def _stopped(status: dict[str, Any]) -> str:
    stopped = status.get("stopped_early")
    return f"stopped early after epoch {stopped.get('epoch')}" if isinstance(stopped, dict) else ""
