"""The earlier stages of a sweep's jobs: each is a job of its own that runs once, before the jobs that use its model."""

from collections import deque
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.stages import stages
from tunesmith.runs.folder import RunFolder
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job


class Staged:
    """Yields the jobs of a grid or a search, each after the stages that it starts from.

    Args:
        source: a `Grid` or a `Search`.
        folder: of the sweep; stages are frozen in it like jobs, with negative numbers.
    """

    def __init__(self, source: Any, folder: SweepFolder) -> None:
        self._source, self._folder = source, folder
        self._waiting: dict[str, list[Job]] = {}  # by the run folder of the stage that they wait for
        self._ready: deque[Job] = deque()
        self._failed: set[str] = set()
        self._numbers = {str(job.run.path): job.number for job in folder.jobs() if job.stage}
        self.ended_before, self.total = source.ended_before, source.total
        self.done_before = source.done_before

    @property
    def over(self) -> bool:
        """Whether there will be no more jobs."""
        return not self._waiting and not self._ready and bool(self._source.over)

    def next(self) -> Job | None:
        """The next job to run; None if there is none now."""
        while not self._ready:
            if self._waiting and not self._source.asks_ahead:
                return None
            job = self._source.next()
            if job is None:
                return None
            self._route(job)
        return self._ready.popleft()

    def ended(self, job: Job, state: str) -> None:
        """Record how a job ended; jobs that waited for a stage now run, or fail with it."""
        if not job.stage:
            self._source.ended(job, state)
        elif state == "busy":
            self._ready.append(job)
        else:
            for waiting in self._waiting.pop(str(job.run.path)):
                if state == "failed":
                    self._failed.add(str(job.run.path))
                if state in ("done", "failed"):
                    self._route(waiting)

    def _route(self, job: Job) -> None:
        """Queue a job, or let it wait for its first uncompleted stage, which is queued if it is not yet."""
        for stage in stages(job.config):
            run = RunFolder.of(stage)
            if str(run.path) in self._failed:
                job.run.path.mkdir(parents=True, exist_ok=True)
                log = self._folder.log(self._numbers[str(run.path)])
                job.run.set_state("failed", error=f"stage {stage['name']} failed; see {log}")
                self._source.ended(job, "failed")
                return
            if not run.completed:
                if str(run.path) not in self._waiting:
                    self._waiting[str(run.path)] = []
                    self._ready.append(self._frozen(stage))
                self._waiting[str(run.path)].append(job)
                return
        self._ready.append(job)

    def _frozen(self, stage: Config) -> Job:
        path = str(RunFolder.of(stage).path)
        number = self._numbers.setdefault(path, -len(self._numbers) - 1)
        job = Job(number, stage, {}, stage=True)
        self._folder.freeze([job])
        return job


def stages_of(jobs: list[Job]) -> list[Config]:
    """The uncompleted stages of some jobs, each once."""
    found = {str(RunFolder.of(stage).path): stage for job in jobs for stage in stages(job.config)}
    return [stage for stage in found.values() if not RunFolder.of(stage).completed]
