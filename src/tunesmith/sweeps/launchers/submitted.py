"""Jobs that were submitted to one of Hydra's launchers in one call, and how they end."""

import threading
import time
from typing import Any

from tunesmith.errors.messages import first_line
from tunesmith.sweeps.job import Job

_BUSY_SECONDS = 2.0  # between two polls of runs that are in use by other processes


class SubmittedJobs:
    """Launches its jobs immediately, in a thread of its own; `error` is what the launcher raised.

    Args:
        launcher: one of Hydra's.
        jobs: submitted in one call.
    """

    def __init__(self, launcher: Any, jobs: list[Job]) -> None:
        self._before = {job.number: job.run.status() for job in jobs}
        self._waiting = {job.number: job for job in jobs}
        self._running: dict[int, Job] = {}
        self._results: dict[int, Any] = {}
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._launch, args=(launcher, jobs), daemon=True)
        self.thread.start()

    def _launch(self, launcher: Any, jobs: list[Job]) -> None:
        while all(job.run.busy for job in jobs):  # such as jobs of an earlier sweep that are still running
            time.sleep(_BUSY_SECONDS)
        try:
            results = launcher.launch([[f"job={job.number}"] for job in jobs], abs(jobs[0].number))
            self._results = {job.number: result for job, result in zip(jobs, results, strict=True)}
        except BaseException as error:  # the thread ends here; `PluginLauncher.run` and `_settled` report it
            self.error = error

    def newly_ended(self, *, over: bool, display: Any) -> list[tuple[Job, str]]:
        """Jobs that have ended since the last call.

        Args:
            over: whether the launcher has returned.
            display: notified of jobs that have started.
        """
        ended = []
        for number, job in list(self._waiting.items()):
            if job.run.status() != self._before[number] or over:
                self._running[number] = self._waiting.pop(number)
                display.started(job)
        for number, job in list(self._running.items()):
            state = str(job.run.status().get("state"))
            if over:
                ended.append((job, self._settled(job)))
            elif state in ("done", "failed", "pruned") and not job.run.busy:
                ended.append((job, state))
            else:
                continue
            del self._running[number]
        return ended

    def _settled(self, job: Job) -> str:
        if job.run.busy:
            return "busy"
        if not job.run.completed and (
            job.run.status() == self._before[job.number] or job.run.status().get("state") == "running"
        ):
            result = self._results.get(job.number, self.error)
            reason = getattr(result, "_return_value", result)  # of Hydra's JobReturn; its property would raise it
            message = f": {first_line(reason)}" if isinstance(reason, BaseException) else ""
            job.run.set_state("failed", error=f"the launcher ended the job before the run completed{message}")
        return str(job.run.status().get("state"))
