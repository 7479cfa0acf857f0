"""A search: asks Optuna for a configuration whenever a worker is free, and tells it the value."""

import dataclasses
import math
import statistics
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

from tunesmith.configuration import Config
from tunesmith.errors import UserError
from tunesmith.storage.verified_folder import DamagedError
from tunesmith.sweeps.expansion import Expansion, summarized, words
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job
from tunesmith.sweeps.search import objectives
from tunesmith.sweeps.search.failures import ERROR, RETRY_OF, not_retried
from tunesmith.sweeps.settings import Settings
from tunesmith.sweeps.space import Axis


def sample_job(expansion: Expansion, axes: Sequence[Axis], settings: Settings) -> Job:
    """One job of the space, after every value of every axis has been checked.

    Raises:
        UserError: with the mistakes of all values.
    """
    first = _first_values(axes)
    config = expansion.config(first)
    mistakes: dict[str, list[str]] = {}
    tries = [first | {axis.key: value} for axis in axes for value in (axis.values[1:] or _ends(axis))]
    for overrides in tries:
        try:
            expansion.config(overrides)
        except UserError as error:
            for mistake in error.mistakes:
                mistakes.setdefault(mistake, []).append(words(overrides))
    if mistakes:
        raise UserError(list(summarized(mistakes, len(tries) + 1)))
    objectives.check(settings, axes, config)
    return Job(1, config, first)


class Search:
    """Yields the jobs of a search.

    Args:
        expansion: makes their configs.
        axes: of the space.
        settings: of the sweep.
        folder: of the sweep, which holds the earlier trials.
        config: of any job.
    """

    asks_ahead = False  # the sampler is to know all results before the next trial

    def __init__(
        self, expansion: Expansion, axes: Sequence[Axis], settings: Settings, folder: SweepFolder, config: Config
    ) -> None:
        from tunesmith.sweeps.search.study import open_study

        self._expansion, self._axes, self._settings, self._folder = expansion, list(axes), settings, folder
        self._objectives = objectives.objectives(settings, config)
        self._seeds: Sequence[int | None] = settings.seeds or [None]
        self._study = open_study(folder.study, settings, self._objectives, max_epochs=config["trainer"]["max_epochs"])
        known = [job for job in folder.jobs() if not job.stage]
        self._check_trials(known)
        self.done_before = [job for job in known if job.run.completed]
        self._jobs = {(job.trial, None if self._seeds[0] is None else job.config["seed"]): job for job in known}
        self._waiting: deque[Job] = deque()
        self._made: set[int] = set()  # numbers of jobs that this command has composed
        self._queued: set[int] = set()  # numbers of jobs that were yielded or are waiting
        self._running = 0
        if settings.retry_failed:
            for trial in not_retried(self._study.get_trials(deepcopy=False)):
                if set(trial.params) == {axis.key for axis in axes}:
                    self._study.enqueue_trial(trial.params, user_attrs={RETRY_OF: trial.number})
        trials = self._study.get_trials(deepcopy=False)
        counts = Counter(trial.state.name for trial in trials)
        failed = len(not_retried(trials))
        self.ended_before = Counter({"done": counts["COMPLETE"], "pruned": counts["PRUNED"], "failed": failed})
        self._left = (settings.trials or 0) - counts["COMPLETE"] - counts["PRUNED"] - counts["RUNNING"] - failed
        for trial in trials:
            if trial.state.name == "RUNNING":  # it was interrupted
                self._enqueue(trial)
        self.total = len(self._seeds) * (settings.trials or 0)

    def _check_trials(self, known: Sequence[Job]) -> None:
        """Check that the study has the trials of the sweep's jobs: a job is found again by the number of its trial."""
        params = {trial.number: trial.params for trial in self._study.get_trials(deepcopy=False)}
        for job in known:
            trial = params.get(-1 if job.trial is None else job.trial, {})
            if any(job.overrides.get(key) != _text(value) for key, value in trial.items()) or not trial:
                raise DamagedError(
                    f"{self._folder.study} lacks the trial of job {job.number}: it was truncated, or belongs to another "
                    f"sweep; restore it from a copy, or remove {self._folder.path}: the same command searches anew, and "
                    "completed runs are not run again"
                )

    @property
    def over(self) -> bool:
        """Whether there will be no more jobs."""
        return not self._waiting and not self._running and self._left <= 0

    def next(self) -> Job | None:
        """The next job to run; None if there is none now."""
        while not self._waiting and self._left > 0:
            self._left -= 1
            self._enqueue(self._study.ask(self._distributions()))
        if not self._waiting:
            return None
        self._running += 1
        return self._waiting.popleft()

    def ended(self, job: Job, state: str) -> None:
        """Record how a job ended, and tell the study once its trial has ended."""
        self._running -= 1
        if state == "busy":
            self._waiting.append(job)
        elif state == "done":
            self._advance(job.trial)
        elif state in ("pruned", "failed"):
            if state == "pruned":
                self._tell(job.trial, state="PRUNED")
            else:
                self._fail(job.trial, str(job.run.status().get("error") or "no message"))
            self._waiting = deque(other for other in self._waiting if other.trial != job.trial)

    def _enqueue(self, trial: Any) -> None:
        """Queue the remaining jobs of a trial, new or interrupted."""
        if set(trial.params) != {axis.key for axis in self._axes}:  # interrupted while it was sampled
            self._tell(trial.number, state="FAIL")
            self._left += 1
            return
        self._advance(trial.number, trial.params)

    def _advance(self, number: int | None, params: dict[str, Any] | None = None) -> None:
        """Queue a trial's next jobs: the first seed alone, which may be pruned, then all others."""
        if params is None:
            params = next(trial.params for trial in self._study.get_trials(deepcopy=False) if trial.number == number)
        try:
            first, *others = self._seeds
            if self._left_of(number, params, [first]):
                return
            left = self._left_of(number, params, others)
        except UserError as error:
            print(f"trial {number} cannot be run: {'; '.join(error.mistakes)}", flush=True)
            self._fail(number, f"cannot be run: {'; '.join(error.mistakes)}")
            return
        if not left:
            jobs = self._jobs_of(number)
            runs = [job.run for job in jobs]
            values = [statistics.fmean(objective.of(run) for run in runs) for objective in self._objectives]
            self._record(number, _of_jobs(jobs, scores=[run.scores() for run in runs]))
            undefined = [
                objective.name
                for objective, value in zip(self._objectives, values, strict=True)
                if not math.isfinite(value)
            ]
            if undefined:
                folders = ", ".join(str(run.path) for run in runs)
                reason = f"{', '.join(undefined)} is not a number ({folders})"
                print(f"trial {number} failed: {reason}", flush=True)
                self._fail(number, reason)
            else:
                self._tell(number, values=values)

    def _left_of(self, trial: int | None, params: dict[str, Any], seeds: Sequence[int | None]) -> bool:
        """Queue a trial's jobs for some seeds; whether any is not completed."""
        overrides = {axis.key: _text(params[axis.key]) for axis in self._axes}
        left = False
        for seed in seeds:
            job = self._jobs.get((trial, seed))
            if job is None:
                varied = overrides if seed is None else overrides | {"seed": str(seed)}
                reports = seed == self._seeds[0] and self._settings.pruner != "none"
                job = self._frozen(Job(len(self._jobs) + 1, {}, varied, trial, reports), varied)
                self._jobs[trial, seed] = job
            if job.number not in self._made and not job.run.completed:
                # It is of an earlier command, and its file may be another one since.
                job = self._jobs[trial, seed] = self._frozen(
                    job, overrides | ({} if seed is None else {"seed": str(seed)})
                )
            if not job.run.completed:
                left = True
                if job.number not in self._queued:
                    self._queued.add(job.number)
                    self._waiting.append(job)
        return left

    def _frozen(self, job: Job, overrides: dict[str, str]) -> Job:
        """A job with the config of its overrides, composed, checked and written."""
        if wrong := [axis.key for axis in self._axes if not axis.has(overrides[axis.key])]:
            raise UserError(f"{words(overrides)} is not in the space: {', '.join(wrong)}")
        job = dataclasses.replace(job, config=self._expansion.config(overrides), overrides=overrides)
        self._folder.freeze([job])
        self._made.add(job.number)
        return job

    def _fail(self, number: int | None, error: str) -> None:
        """End a trial as failed, with its runs and the reason as attributes."""
        self._record(number, _of_jobs(self._jobs_of(number)) | {ERROR: error})
        self._tell(number, state="FAIL")

    def _jobs_of(self, trial: int | None) -> list[Job]:
        return [job for job in self._jobs.values() if job.trial == trial]

    def _record(self, number: int | None, attributes: dict[str, Any]) -> None:
        """Give a trial attributes, which Optuna and its dashboard show."""
        trial = next(trial for trial in self._study.get_trials(deepcopy=False) if trial.number == number)
        if trial.state.is_finished():
            return
        for key, value in attributes.items():
            self._study._storage.set_trial_user_attr(trial._trial_id, key, value)

    def _tell(self, trial: int | None, *, values: Sequence[float] | None = None, state: str | None = None) -> None:
        from optuna.trial import TrialState

        assert trial is not None
        self._study.tell(trial, values, TrialState[state] if state else None, skip_if_finished=True)

    def _distributions(self) -> dict[str, Any]:
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        found: dict[str, Any] = {}
        for axis in self._axes:
            if axis.values and (axis.step is None or axis.log):
                found[axis.key] = CategoricalDistribution(tuple(dict.fromkeys(axis.values)))
            elif axis.integer:
                found[axis.key] = IntDistribution(int(axis.low), int(axis.high), axis.log, int(axis.step or 1))
            else:
                found[axis.key] = FloatDistribution(axis.low, axis.high, axis.log, axis.step)
        return found


def _of_jobs(jobs: Sequence[Job], **more: list[Any]) -> dict[str, Any]:
    """The runs and seeds of a trial's jobs, and more about each; values of a single job are not in a list."""
    found = {"run": [str(job.run.path) for job in jobs], "seed": [job.config["seed"] for job in jobs]} | more
    return {key: values if len(values) > 1 else values[0] for key, values in found.items() if values}


def _first_values(axes: Sequence[Axis]) -> dict[str, str]:
    return {axis.key: axis.values[0] if axis.values else _ends(axis)[0] for axis in axes}


def _ends(axis: Axis) -> list[str]:
    return [str(int(end) if axis.integer else float(end)) for end in (axis.low, axis.high)]


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
