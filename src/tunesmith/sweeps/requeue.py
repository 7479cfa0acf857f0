"""Requeueing on Slurm: passes its signals on to a job's process, and queues again what was preempted."""

import os
import signal
import subprocess
import time
from typing import Any

from tunesmith.sweeps.job import Job

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
    def was_signalled(self) -> bool:
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
