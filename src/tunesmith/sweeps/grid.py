"""Every combination of the given values."""

import itertools
import math
from collections import Counter, deque
from collections.abc import Sequence

from tunesmith.configuration.identity import run_id
from tunesmith.errors import UserError
from tunesmith.sweeps.expansion import Expansion, summarized, words
from tunesmith.sweeps.job import Job
from tunesmith.sweeps.space import Axis

_MOST = 100_000  # jobs


class Grid:
    """Yields the jobs of a grid, one at a time.

    Args:
        jobs: all of the grid; completed ones are skipped.
        retry_failed: run failed jobs again.
    """

    asks_ahead = True  # all jobs are known in advance

    def __init__(self, jobs: Sequence[Job], *, retry_failed: bool) -> None:
        self.total = len(jobs)
        skipped = {"done"} if retry_failed else {"done", "failed"}
        states = [(job, _state(job)) for job in jobs]
        self.ended_before = Counter(state for _, state in states if state in skipped)
        self.done_before = [job for job, state in states if state == "done"]
        self._waiting = deque(job for job, state in states if state not in skipped)

    @property
    def over(self) -> bool:
        """Whether there will be no more jobs."""
        return not self._waiting

    def next(self) -> Job | None:
        """The next job to run; None if there is none now."""
        return self._waiting.popleft() if self._waiting else None

    def ended(self, job: Job, state: str) -> None:
        """Record how a job ended."""
        if state == "busy":
            self._waiting.append(job)


def _state(job: Job) -> str:
    if job.run.completed:
        return "done"
    state = str(job.run.status().get("state", "waiting"))
    return "waiting" if state == "done" else state  # its metrics.json is missing


def jobs_of(expansion: Expansion, axes: Sequence[Axis]) -> list[Job]:
    """One job per combination of values; of jobs that are the same run, only the first.

    Raises:
        UserError: with the mistakes of all jobs, and the first job that has each.
    """
    continuous = [axis.key for axis in axes if not axis.values]
    if continuous:
        raise UserError(
            f"{', '.join(continuous)}: a grid needs values, not an interval; list them, or choose a search: sweep=tpe, "
            "random, gp or cmaes"
        )
    jobs: dict[str, Job] = {}
    mistakes: dict[str, list[str]] = {}
    texts: dict[str, str] = {}  # of unknown keys, whose remedy repeats the value of the first job that has each
    count = math.prod(len(axis.values) for axis in axes)
    if count > _MOST:
        raise UserError(
            f"the grid has {count:,} jobs ({', '.join(axis.key for axis in axes)}); expected {_MOST:,} at most: give fewer "
            "values, or choose a search: sweep=tpe, random, gp or cmaes"
        )
    combinations = list(itertools.product(*(axis.values for axis in axes)))
    for number, values in enumerate(combinations, 1):
        overrides = dict(zip((axis.key for axis in axes), values, strict=True))
        try:
            config = expansion.config(overrides)
        except UserError as error:
            for mistake in error.mistakes:
                same = mistake.partition("; did you mean ")[0] if mistake.startswith("unknown key ") else mistake
                text = texts.setdefault(same, mistake)
                mistakes.setdefault(text, []).append(f"job {number} ({words(overrides)})")
            continue
        job = Job(len(jobs) + 1, config, overrides)
        jobs.setdefault(f"{config['name']}/{run_id(config)}", job)
    if mistakes:
        raise UserError(list(summarized(mistakes, len(combinations))))
    if len(jobs) < len(combinations):
        duplicates = len(combinations) - len(jobs)
        verb = "is a duplicate and is" if duplicates == 1 else "are duplicates and are"
        print(f"{duplicates} of {len(combinations)} jobs {verb} skipped")
    return list(jobs.values())
