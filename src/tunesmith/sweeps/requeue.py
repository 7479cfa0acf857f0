"""Requeueing on Slurm: forwards its signals to a job's process, and requeues preempted jobs."""

import os
import signal
import subprocess
import time
from typing import Any

from tunesmith.sweeps.job import Job

_SCHEDULER_SECONDS = 120  # that Slurm may take to end a job after its signal
_WARNING = "SUBMITIT_PREEMPT_SIGNAL"  # submitit's variable: the signal sent before a time limit


class Scheduler:
    """Forwards signals of Slurm, or of submitit on this machine, to a job's process.

    To requeue, preempt or cancel a job, Slurm sends SIGTERM twice at the same moment, and SIGKILL after `KillWait`
    seconds; it restarts a requeued job by itself. Before a time limit it sends only SIGUSR2, as submitit has requested,
    and the job has to requeue itself. Depending on its `ProctrackType`, Slurm signals this process only, or its child
    processes as well.
    """

    def __init__(self) -> None:
        self._warning = getattr(signal, f"SIG{os.environ.get(_WARNING, 'USR2')}")
        self._submitit_handler: Any = signal.getsignal(self._warning)
        self._received: list[int] = []
        self._process: subprocess.Popen[bytes] | None = None
        signal.signal(self._warning, signal.SIG_IGN)  # inherited by the job's process, which the signal would kill

    def watch(self, process: "subprocess.Popen[bytes]") -> None:
        """Forward the next signal to a process, which then saves its state and stops."""
        self._process = process
        for number in (self._warning, signal.SIGTERM):
            signal.signal(number, self._receive)

    def _receive(self, number: int, frame: Any) -> None:
        self._received.append(number)
        if len(self._received) == 1 and self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    @property
    def was_signalled(self) -> bool:
        """Whether a signal to stop was received."""
        return bool(self._received)

    def queue_again(self, job: Job) -> None:
        """Requeue a job that was signalled and has saved its state; returns only if that is impossible."""
        if "SLURM_JOB_ID" in os.environ and self._warning not in self._received:
            # Slurm ends this process now, unless it grants a grace period or the signal came from elsewhere.
            time.sleep(_SCHEDULER_SECONDS)
        from submitit.core.utils import UncompletedJobError

        try:
            self._submitit_handler(self._warning, None)  # requeues the job and ends this process
        except subprocess.CalledProcessError:
            time.sleep(_SCHEDULER_SECONDS)  # Slurm has already requeued it, and ends this process
        except UncompletedJobError:
            hint = "set hydra.launcher.timeout_min, or hydra.launcher.max_num_timeout=N to requeue N times"
            job.run.set_state("interrupted", error=f"the time limit; the same command resumes from here; {hint}")


def environment() -> dict[str, str]:
    """Environment of a job's process: not every cluster binds a job to its cores, and torch would use all of them."""
    cores = os.environ.get("SLURM_CPUS_ON_NODE")
    return ({"OMP_NUM_THREADS": cores} if cores else {}) | dict(os.environ)
