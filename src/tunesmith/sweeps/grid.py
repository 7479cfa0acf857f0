"""Every combination of the values that were given."""

import itertools
from collections import Counter, deque
from collections.abc import Sequence

from tunesmith.configuration.identity import run_id
from tunesmith.errors import UserError
from tunesmith.sweeps.expansion import Expansion, summarized, words
from tunesmith.sweeps.job import Job
from tunesmith.sweeps.space import Axis


class Grid:
    """Hands out the jobs of a grid, one after the other.

    Args:
        jobs: of which those that are done need not be run.
        retry_failed: run again what has failed before.
    """

    asks_ahead = True  # all its jobs are known

    def __init__(self, jobs: Sequence[Job], *, retry_failed: bool) -> None:
        self.total = len(jobs)
        left_alone = {"done"} if retry_failed else {"done", "failed"}
        states = [(job, _state(job)) for job in jobs]
        self.ended_before = Counter(state for _, state in states if state in left_alone)
        self._waiting = deque(job for job, state in states if state not in left_alone)

    @property
    def over(self) -> bool:
        """Whether there will be no more jobs."""
        return not self._waiting

    def next(self) -> Job | None:
        """The next job to run; None if there is none now."""
        return self._waiting.popleft() if self._waiting else None

    def ended(self, job: Job, state: str) -> None:
        """Take note of how a job has ended."""
        if state == "busy":
            self._waiting.append(job)


def _state(job: Job) -> str:
    if job.run.completed:
        return "done"
    state = str(job.run.status().get("state", "waiting"))
    return "waiting" if state == "done" else state  # its metrics.json is gone


def jobs_of(expansion: Expansion, axes: Sequence[Axis]) -> list[Job]:
    """A job for each combination of values; of jobs that are the same run, the first.

    Raises:
        UserError: with the mistakes of all jobs, and which job has them first.
    """
    continuous = [axis.key for axis in axes if not axis.values]
    if continuous:
        raise UserError(
            f"{', '.join(continuous)}: a grid takes no interval; give values, or choose a search: sweep=tpe, random, gp or cmaes"
        )
    jobs: dict[str, Job] = {}
    mistakes: dict[str, list[str]] = {}
    combinations = list(itertools.product(*(axis.values for axis in axes)))
    for number, values in enumerate(combinations, 1):
        overrides = dict(zip((axis.key for axis in axes), values, strict=True))
        try:
            config = expansion.config(overrides)
        except UserError as error:
            for mistake in error.mistakes:
                mistakes.setdefault(mistake, []).append(f"job {number} ({words(overrides)})")
            continue
        job = Job(len(jobs) + 1, config, overrides)
        jobs.setdefault(f"{config['name']}/{run_id(config)}", job)
    if mistakes:
        raise UserError(list(summarized(mistakes, len(combinations))))
    if len(jobs) < len(combinations):
        double = len(combinations) - len(jobs)
        print(
            f"{double} of {len(combinations)} jobs {'is' if double == 1 else 'are'} the same run as another and run once"
        )
    return list(jobs.values())
