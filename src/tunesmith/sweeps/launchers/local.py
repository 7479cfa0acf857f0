"""Jobs on this machine: warm worker processes, a fresh one for each job, and a share of the GPUs for each."""

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

from tunesmith.configuration.ranges import PositiveFloat, PositiveInt
from tunesmith.distributed.parent import stop_with_parent
from tunesmith.errors import Interrupted, UserError
from tunesmith.sweeps.job import Job, final_state
from tunesmith.sweeps.launchers.gpus import gpu_slots, visible_gpus
from tunesmith.sweeps.run_job import run_job
from tunesmith.training import logging_setup

_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 1.0  # between two tries of a run that another process runs


@dataclass
class _Active:
    job: Job
    process: BaseProcess
    slot: str | None
    told: int = 0  # how often it was told to stop


class Local:
    """Hydra's launcher `local`.

    A fork server imports torch, Lightning and transformers once; every job is a fork of it, so a job that crashes, is
    killed or runs out of memory takes nothing with it, and none waits for imports.

    Args:
        n_jobs: jobs at a time; null: one for each share of the GPUs, without GPUs half the cores, at least 2.
        devices_per_job: GPUs of a job, or the share of one; null: the job's `trainer.devices`.
    """

    def __init__(self, *, n_jobs: PositiveInt | None, devices_per_job: PositiveFloat | None) -> None:
        self._n_jobs, self._devices_per_job = n_jobs, devices_per_job
        self._slots: list[str | None] = []
        self._stopping = 0

    def check(self, jobs: list[Job]) -> None:
        """See that jobs can run here.

        Args:
            jobs: some of those that will be run.

        Raises:
            UserError: if the machine has too few GPUs.
        """
        self._slots = self._shares(jobs)

    def prepare(self, jobs: list[Job], folder: Any) -> str:
        """Start what takes time, and say where jobs will run.

        Args:
            jobs: that `check` was given.
            folder: the `SweepFolder`.
        """
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tunesmith.sweeps.warm"])
        multiprocessing.forkserver.ensure_running()
        gpus = len({slot for slot in self._slots if slot})
        return f"on this machine, {len(self._slots)} at a time" + (f", on {gpus} GPUs" if gpus else "")

    def _shares(self, jobs: list[Job]) -> list[str | None]:
        accelerators = {job.config["trainer"]["accelerator"] for job in jobs}
        gpus = visible_gpus() if accelerators & {"auto", "gpu"} else []
        if not gpus:
            if self._devices_per_job is not None:
                raise UserError("hydra.launcher.devices_per_job is for GPUs, and there are none here; leave it out")
            processes = max((job.config["trainer"]["devices"] for job in jobs), default=1)
            cores = len(os.sched_getaffinity(0))
            return [None] * (self._n_jobs or max(2, cores // 2) // processes or 1)
        wanted = self._devices_per_job or max(job.config["trainer"]["devices"] for job in jobs)
        shares = gpu_slots(gpus, wanted)
        if self._n_jobs is not None and self._n_jobs > len(shares):
            raise UserError(
                f"hydra.launcher.n_jobs is {self._n_jobs}, but {len(gpus)} GPUs with devices_per_job={wanted:g} are enough for "
                f"{len(shares)} jobs at a time; set n_jobs<={len(shares)}, or a smaller devices_per_job, such as 0.5"
            )
        return list(shares[: self._n_jobs])

    def run(self, source: Any, folder: Any, display: Any) -> None:
        """Run all jobs that a source hands out.

        Args:
            source: a `Grid` or a `Search`.
            folder: the `SweepFolder`.
            display: shows what goes on.

        Raises:
            Interrupted: after a signal; the jobs have saved their state.
        """
        free, active = list(self._slots), dict[int, _Active]()
        threads = max(1, len(os.sched_getaffinity(0)) // len(free))
        resting_until = 0.0
        with self._signals():
            while True:
                while free and not self._stopping and time.monotonic() >= resting_until:
                    job = source.next()
                    if job is None:
                        break
                    slot = free.pop(0)
                    arguments = (folder.path, job.number, folder.log(job.number), slot, threads)
                    process: Any = self._context.Process(target=_start, args=arguments, name=f"job {job.number}")
                    _start_alone(process)
                    active[process.sentinel] = _Active(job, process, slot)
                    display.started(job)
                if not active and (self._stopping or source.over):
                    break
                if not active:  # every run that is left is another process's
                    time.sleep(_POLL_SECONDS)
                for sentinel in wait(list(active), timeout=_POLL_SECONDS) if active else ():
                    ended = active.pop(sentinel)  # type: ignore[arg-type]
                    ended.process.join()
                    code = ended.process.exitcode or 0
                    log, stopped = folder.log(ended.job.number), bool(self._stopping)
                    state = final_state(ended.job, code, process=ended.process.pid or 0, log=log, stopped=stopped)
                    free.insert(0, ended.slot)
                    if state == "busy":
                        resting_until = time.monotonic() + _PATIENCE_SECONDS
                    source.ended(ended.job, state)
                    display.ended(ended.job, state)
                self._tell(active.values())
                display.refresh()
        if self._stopping:
            raise Interrupted("a signal; the same command goes on from here")

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """The first Ctrl-C or SIGTERM lets the jobs save and end, the second ends them at once."""

        def stop(number: int, frame: Any) -> None:
            self._stopping += 1
            if self._stopping == 1:
                print("\nStopping: jobs save their state after this step; once more to stop at once.", flush=True)

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _tell(self, jobs: Iterable[_Active]) -> None:
        for entry in jobs:
            if entry.told < min(self._stopping, 2) and entry.process.pid is not None:
                entry.told += 1
                with contextlib.suppress(ProcessLookupError):
                    os.kill(entry.process.pid, signal.SIGTERM if entry.told == 1 else signal.SIGKILL)


def _start_alone(process: BaseProcess) -> None:
    """Start a job's process without the script that starts the sweep, which every new process would import and so run again."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = script


def _start(folder: Path, number: int, log: Path, slot: str | None, threads: int) -> None:
    """What a job's process does first."""
    os.setsid()  # a Ctrl-C in the terminal reaches the sweep, which tells its jobs
    logging_setup.redirect_output(log)
    parent: Any = multiprocessing.parent_process()
    stop_with_parent(parent.join)
    if slot is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = slot
    import torch

    torch.set_num_threads(threads)
    sys.exit(run_job(folder, number))
