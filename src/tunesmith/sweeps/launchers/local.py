"""Jobs on this machine: each in a fresh fork of a preloaded process, on its own GPUs or a fraction of one."""

import contextlib
import multiprocessing
import multiprocessing.forkserver
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any

from tunesmith.configuration.plugins import VARIABLE
from tunesmith.configuration.ranges import PositiveFloat, PositiveInt
from tunesmith.distributed.stop_with_parent import stop_with_parent
from tunesmith.errors import Interrupted, UserError, signal_name
from tunesmith.errors.safe_path import leave_out_working_folder
from tunesmith.sweeps.job import Job, final_state
from tunesmith.sweeps.launchers.gpus import gpu_slots, visible_gpus
from tunesmith.sweeps.start_job import start_job
from tunesmith.training import logging_setup

_POLL_SECONDS = 0.2
_RETRY_SECONDS = 1.0  # before a run that is in use by another process is retried


@dataclass
class _Active:
    job: Job
    process: BaseProcess
    slot: str | None
    signals_sent: int = 0


class Local:
    """The launcher `hydra/launcher=local`.

    A fork server imports torch, Lightning and transformers once, and every job is a fork of it: no job waits for
    imports, and one that crashes, is killed or runs out of memory affects no other.

    Args:
        n_jobs: concurrent jobs; null: as many as the GPUs hold, without GPUs half the cores, at least 2.
        devices_per_job: GPUs per job, or a fraction of one; null: the job's `trainer.devices`.
    """

    def __init__(self, *, n_jobs: PositiveInt | None, devices_per_job: PositiveFloat | None) -> None:
        self._n_jobs, self._devices_per_job = n_jobs, devices_per_job
        self._slots: list[str | None] = []
        self._stopping = 0
        self._signal = 0  # the first that was received
        self._reported = False

    def check(self, jobs: list[Job]) -> None:
        """Check that jobs can run on this machine.

        Args:
            jobs: some of those that will run.

        Raises:
            UserError: if the machine has too few GPUs.
        """
        self._slots = self._job_slots(jobs)

    def prepare(self, jobs: list[Job], folder: Any) -> str:
        """Start the fork server, and describe where jobs will run.

        Args:
            jobs: those passed to `check`.
            folder: the `SweepFolder`.
        """
        leave_out_working_folder()
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tunesmith.sweeps.preload"])
        multiprocessing.forkserver.ensure_running()
        gpus = len({slot for slot in self._slots if slot})
        on_gpus = f", on {gpus} GPU{'s' * (gpus != 1)}" if gpus else ""
        return f"on this machine, {len(self._slots)} at a time{on_gpus}"

    def _job_slots(self, jobs: list[Job]) -> list[str | None]:
        accelerators = {job.config["trainer"]["accelerator"] for job in jobs}
        gpus = visible_gpus() if accelerators & {"auto", "gpu"} else []
        if not gpus:
            if self._devices_per_job is not None:
                raise UserError("hydra.launcher.devices_per_job is for GPUs, but none are available; leave it out")
            processes = max((job.config["trainer"]["devices"] for job in jobs), default=1)
            cores = len(os.sched_getaffinity(0))
            return [None] * (self._n_jobs or max(2, cores // 2) // processes or 1)
        devices_per_job = self._devices_per_job or max(job.config["trainer"]["devices"] for job in jobs)
        slots = gpu_slots(gpus, devices_per_job)
        if self._n_jobs is not None and self._n_jobs > len(slots):
            raise UserError(
                f"hydra.launcher.n_jobs is {self._n_jobs}, but {len(gpus)} GPU{'s' * (len(gpus) != 1)} with "
                f"devices_per_job={devices_per_job:g} can run {len(slots)} at a time; set n_jobs<={len(slots)}, or a "
                "smaller devices_per_job, such as 0.5"
            )
        return list(slots[: self._n_jobs])

    def run(self, source: Any, folder: Any, display: Any) -> None:
        """Run all jobs of a source.

        Args:
            source: a `Grid` or a `Search`.
            folder: the `SweepFolder`.
            display: shows the progress.

        Raises:
            Interrupted: after a signal; the jobs have saved their state.
        """
        free, active = list(self._slots), dict[int, _Active]()
        threads = max(1, len(os.sched_getaffinity(0)) // len(free))
        retry_at = 0.0
        with self._signals():
            while True:
                while free and not self._stopping and time.monotonic() >= retry_at:
                    job = source.next()
                    if job is None:
                        break
                    slot = free.pop(0)
                    plugins = os.environ.get(VARIABLE)  # the fork server may have started before it was set
                    arguments = (folder.path, job.number, folder.log(job.number), slot, threads, plugins)
                    process: Any = self._context.Process(target=_start, args=arguments, name=f"job {job.number}")
                    start_alone(process)
                    active[process.sentinel] = _Active(job, process, slot)
                    display.started(job)
                if not active and (self._stopping or source.over):
                    break
                if not active:  # every remaining run is in use by another process
                    time.sleep(_POLL_SECONDS)
                for sentinel in wait(list(active), timeout=_POLL_SECONDS) if active else ():
                    ended = active.pop(sentinel)  # type: ignore[arg-type]
                    ended.process.join()
                    code = ended.process.exitcode or 0
                    log, stopped = folder.log(ended.job.number), bool(self._stopping)
                    state = final_state(ended.job, code, process=ended.process.pid or 0, log=log, stopped=stopped)
                    free.insert(0, ended.slot)
                    if state == "busy":
                        retry_at = time.monotonic() + _RETRY_SECONDS
                    source.ended(ended.job, state)
                    display.ended(ended.job, state)
                self._report_signal()
                self._send_signals(active.values())
                display.refresh()
        if self._stopping:
            raise Interrupted(f"{signal_name(self._signal)}; the same command resumes from here")

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """The first Ctrl-C or SIGTERM lets the jobs save their state and stop, the second kills them."""

        def stop(number: int, frame: Any) -> None:
            self._stopping += 1
            self._signal = self._signal or number  # reported by the loop: a handler may have interrupted a print

        handled = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup sets it
            handled.append(signal.SIGHUP)
        before = {number: signal.signal(number, stop) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _report_signal(self) -> None:
        """Print, once, that a signal was received."""
        if self._stopping and not self._reported:
            self._reported = True
            message = "Stopping: jobs save their state after this step. Press Ctrl-C again to stop immediately."
            print(f"\n{signal_name(self._signal)}. {message}", flush=True)

    def _send_signals(self, jobs: Iterable[_Active]) -> None:
        for entry in jobs:
            if entry.signals_sent < min(self._stopping, 2) and entry.process.pid is not None:
                entry.signals_sent += 1
                with contextlib.suppress(ProcessLookupError):
                    os.kill(entry.process.pid, signal.SIGTERM if entry.signals_sent == 1 else signal.SIGKILL)


def start_alone(process: BaseProcess) -> None:
    """Start a job's process without the sweep's `__main__` script, which the process would import and so run again."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = script


def _start(folder: Path, number: int, log: Path, slot: str | None, threads: int, plugins: str | None) -> None:
    """Entry point of a job's process."""
    os.environ[VARIABLE] = plugins or ""
    os.setsid()  # Ctrl-C in the terminal reaches only the sweep, which signals its jobs
    logging_setup.redirect_output(log)
    parent: Any = multiprocessing.parent_process()
    stop_with_parent(parent.join)
    if slot is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = slot
    import torch

    torch.set_num_threads(min(threads, torch.get_num_threads()))  # fewer if OMP_NUM_THREADS says so
    sys.exit(start_job(folder, number))
