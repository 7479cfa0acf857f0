"""How submitit waits for the jobs that it has submitted to Slurm: it polls squeue, not sacct."""

from typing import Any

_QUEUE_SECONDS = 30  # between two polls of Slurm's queue, at most


def wait_for_every_job() -> None:
    """Make submitit wait for all jobs.

    By default it aborts the whole sweep when one job is killed; and it polls sacct, which reports nothing on a cluster
    without accounting, so that it waits for a killed job forever.
    """
    from submitit.core import core
    from submitit.core.utils import FailedJobError, UncompletedJobError
    from submitit.slurm.slurm import SlurmInfoWatcher, SlurmJob

    class QueueWatcher(SlurmInfoWatcher):
        _reported: frozenset[str] = frozenset()

        def _make_command(self) -> list[str]:
            return ["squeue", "--me", "--array", "--noheader", "--format=%i|%T|%r"]

        def read_info(self, string: Any) -> dict[str, dict[str, str]]:
            rows = [line.split("|") for line in string.decode().splitlines()]
            queued = {name: reason if state == "PENDING" else "" for name, state, reason in rows}
            self._report([queued[name] for name in self._registered if queued.get(name, "None") not in ("", "None")])
            return {name: {"State": "RUNNING" if name in queued else "not in the queue"} for name in self._registered}

        def _report(self, reasons: list[str]) -> None:
            if reasons and not self._reported.issuperset(reasons):
                print(f"In Slurm's queue: {len(reasons)} ({', '.join(sorted(set(reasons)))})", flush=True)
            self._reported = frozenset(reasons)

    submitted: Any = core.Job
    results = submitted.results

    def results_or_error(job: Any) -> list[Any]:
        try:
            return results(job)
        except (FailedJobError, UncompletedJobError) as error:
            return [error]

    submitted.results = results_or_error
    SlurmJob.watcher = QueueWatcher(delay_s=_QUEUE_SECONDS)
