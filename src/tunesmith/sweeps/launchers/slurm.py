"""What Slurm and submitit need besides Hydra's launcher: signals handed on, and a queue that is asked, not the accounts."""

import os
import signal
import subprocess
import time
from typing import Any

from tunesmith.sweeps.job import Job

_QUEUE_SECONDS = 30  # at most between two looks at Slurm's queue
_SCHEDULER_SECONDS = 120  # that Slurm may take to end a job that it has told to stop
_WARNING = "SUBMITIT_PREEMPT_SIGNAL"  # submitit's variable: the signal that comes before a time limit


class Scheduler:
    """Hands the orders of Slurm, or of submitit on this machine, on to a job's process.

    To requeue, preempt or cancel a job, Slurm sends SIGTERM twice at the same moment, and SIGKILL after `KillWait`
    seconds; it starts a requeued job again by itself. Before a time limit it sends SIGUSR2 only, as submitit has asked it
    to, and the job has to queue itself again. Depending on its `ProctrackType`, Slurm signals this process only, or all
    below it as well.
    """

    def __init__(self) -> None:
        self._warning = getattr(signal, f"SIG{os.environ.get(_WARNING, 'USR2')}")
        self._of_submitit: Any = signal.getsignal(self._warning)
        self._received: list[int] = []
        self._process: subprocess.Popen[bytes] | None = None
        signal.signal(self._warning, signal.SIG_IGN)  # the job's process inherits this; it would die of the signal

    def watch(self, process: "subprocess.Popen[bytes]") -> None:
        """Tell a process to save and end as soon as a signal comes."""
        self._process = process
        for number in (self._warning, signal.SIGTERM):
            signal.signal(number, self._receive)

    def _receive(self, number: int, frame: Any) -> None:
        self._received.append(number)
        if len(self._received) == 1 and self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    @property
    def has_told(self) -> bool:
        """Whether the job was told to stop."""
        return bool(self._received)

    def queue_again(self, job: Job) -> None:
        """Have a job that was told to stop, and has saved, started again; returns only where that cannot be."""
        if "SLURM_JOB_ID" in os.environ and self._warning not in self._received:
            # Slurm ends this process now. If not, the job has a time of grace left, or somebody else's signal reached it.
            time.sleep(_SCHEDULER_SECONDS)
        from submitit.core.utils import UncompletedJobError

        try:
            self._of_submitit(self._warning, None)  # queues the job again and ends this process
        except subprocess.CalledProcessError:
            time.sleep(_SCHEDULER_SECONDS)  # Slurm has queued it already, and ends this process
        except UncompletedJobError:
            hint = "set hydra.launcher.timeout_min, or hydra.launcher.max_num_timeout=N for N more tries"
            job.run.set_state("interrupted", error=f"the time limit; the same command goes on from here; {hint}")


def environment() -> dict[str, str]:
    """Of a job's process: not every cluster binds a job to its cores, and torch would use all."""
    cores = os.environ.get("SLURM_CPUS_ON_NODE")
    return ({"OMP_NUM_THREADS": cores} if cores else {}) | dict(os.environ)


def wait_for_every_job() -> None:
    """Teach submitit to wait for all jobs.

    By itself it gives up the whole sweep when one job is killed; and it asks sacct about jobs, which knows nothing on a
    cluster without accounting, so that it waits for a killed job for ever.
    """
    from submitit.core import core
    from submitit.core.utils import FailedJobError, UncompletedJobError
    from submitit.slurm.slurm import SlurmInfoWatcher, SlurmJob

    class QueueWatcher(SlurmInfoWatcher):
        _said: frozenset[str] = frozenset()

        def _make_command(self) -> list[str]:
            return ["squeue", "--me", "--array", "--noheader", "--format=%i|%T|%r"]

        def read_info(self, string: Any) -> dict[str, dict[str, str]]:
            rows = [line.split("|") for line in string.decode().splitlines()]
            queued = {name: reason if state == "PENDING" else "" for name, state, reason in rows}
            self._say([queued[name] for name in self._registered if queued.get(name, "None") not in ("", "None")])
            return {name: {"State": "RUNNING" if name in queued else "not in the queue"} for name in self._registered}

        def _say(self, reasons: list[str]) -> None:
            if reasons and not self._said.issuperset(reasons):
                print(f"In Slurm's queue: {len(reasons)} ({', '.join(sorted(set(reasons)))})", flush=True)
            self._said = frozenset(reasons)

    submitted: Any = core.Job
    results = submitted.results

    def results_or_error(job: Any) -> list[Any]:
        try:
            return results(job)
        except (FailedJobError, UncompletedJobError) as error:
            return [error]

    submitted.results = results_or_error
    SlurmJob.watcher = QueueWatcher(delay_s=_QUEUE_SECONDS)
