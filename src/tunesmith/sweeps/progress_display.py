"""Progress of a running sweep: a live table on a terminal, one line per event in a file."""

import os
import sys
import time
from collections import Counter
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tunesmith.errors.terminal import Escaped, SafeStream, console
from tunesmith.runs.scores import numbers
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job

_COLOURS = {"done": "green", "failed": "red", "interrupted": "yellow", "pruned": "magenta", "running": "cyan"}
_ENDED_SHOWN = 8  # ended jobs that stay in the table
_SECONDS = 0.5  # between two refreshes


class ProgressDisplay:
    """Shows the progress of a sweep's jobs.

    Args:
        folder: of the sweep.
        states: number of jobs in each state before it starts.
        total: number of jobs, as far as it is known.
    """

    def __init__(self, folder: SweepFolder, states: Counter[str], total: int) -> None:
        self._folder, self.states, self._total = folder, states, total
        self._running: dict[int, tuple[Job, float]] = {}
        self._ended: list[tuple[Job, str, float]] = []
        self._console = console()
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._last_refresh = 0.0

    def __enter__(self) -> "ProgressDisplay":
        if self._console.is_terminal:
            self._live.start()
            sys.stdout = SafeStream(sys.stdout)  # rich's, which prints above the table
        return self

    def __exit__(self, *exception: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def started(self, job: Job) -> None:
        """A job's process was started."""
        self._running[job.number] = (job, time.monotonic())

    def ended(self, job: Job, state: str) -> None:
        """A job's process has ended."""
        seconds = time.monotonic() - self._running.pop(job.number)[1]
        if state == "busy":
            self._print(f"job {job.label} is in use by another process; it will be retried")
            return
        self.states[state] += 1
        self._ended = [*self._ended, (job, state, seconds)][-_ENDED_SHOWN:]
        if state not in ("done", "pruned"):
            error = str(job.run.status().get("error", "")).partition("\n")[0]
            log = os.path.relpath(self._folder.log(job.number))
            self._print(f"{state} {job.label}: {job.name}\n  {error}\n  {log}", state)
        elif not self._console.is_terminal:
            self._print(f"{state} {job.label}: {job.name}  {_scores(job.run.status())}  {seconds:.1f} s", state)

    def refresh(self) -> None:
        """Redraw the table if it is due."""
        if self._console.is_terminal and time.monotonic() - self._last_refresh > _SECONDS:
            self._last_refresh = time.monotonic()
            self._live.update(Escaped(self._render()), refresh=True)

    def _print(self, text: str, state: str = "") -> None:
        line = Text(text)  # not markup: a name may contain [brackets]
        line.stylize(_COLOURS.get(state, "red"), 0, len(state))
        self._console.print(Escaped(line), soft_wrap=True)

    def _render(self) -> Group:
        table = Table(box=None, pad_edge=False)
        for heading in ("job", "", "state", "progress", "scores", "time"):
            table.add_column(heading, justify="right" if heading in ("job", "time") else "left", no_wrap=True)
        table.columns[1].ratio, table.expand = 1, True
        for job, state, seconds in self._ended:
            self._row(table, job, state, seconds, job.run.status())
        for job, start in self._running.values():
            status = job.run.status()
            state = "waiting" if status.get("state") == "interrupted" else "running"  # Slurm has requeued it
            self._row(table, job, state, time.monotonic() - start, status)
        waiting = max(self._total - sum(self.states.values()) - len(self._running), 0)
        counts = [f"{len(self._running)} running", *(f"{n} {state}" for state, n in self.states.items() if n)]
        counts += [f"{waiting} waiting"] if waiting else []
        return Group(table, Text("  ".join(counts), style="bold"))

    def _row(self, table: Table, job: Job, state: str, seconds: float, status: dict[str, Any]) -> None:
        step, steps = status.get("step", 0), status.get("steps", 0)
        at_end = state == "done"
        bar = ProgressBar(total=1, completed=1 if at_end else step / steps if steps else 0, width=12)
        table.add_row(
            job.label,
            Text(job.name, overflow="ellipsis"),
            Text(state, style=_COLOURS.get(state, "")),
            bar,
            Text(_scores(status)),
            f"{seconds:.0f} s",
        )


def _scores(status: dict[str, Any]) -> str:
    scores = status.get("scores") or {}
    return "  ".join(f"{name.partition('/')[2]} {value:.4f}" for name, value in list(numbers(scores).items())[:1])
