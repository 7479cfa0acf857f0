"""Hydra's own launchers: Slurm and local processes through submitit, Ray, joblib, or any other that is installed.

Hydra composes nothing but the number of a job there. What the job runs was frozen before, and runs in a process of its
own below the launcher's, so that a crash harms neither the launcher nor a worker that it shares with other jobs.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunesmith.config import LAUNCHERS, Composer
from tunesmith.errors import Interrupted
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job, settle

_POLL_SECONDS = 0.5
_SCHEDULER_SECONDS = 120  # that Slurm may take to end a job that it has told to stop
_PRIMARY = """\
defaults:
  - override hydra/hydra_logging: none
  - override hydra/job_logging: none
  - _self_
folder: {folder}
job: ???
hydra:
  output_subdir: null
  job: {{name: tunesmith}}
  sweep: {{dir: {folder}/hydra}}
"""


class PluginLauncher:
    """Runs jobs through a launcher of Hydra's.

    Args:
        name: the choice of `hydra/launcher`.
        settings: overrides of `hydra.launcher.*`.
        composer: that knows the folders of groups.
    """

    def __init__(self, name: str, settings: Sequence[str], composer: Composer) -> None:
        self._name = name
        self._overrides = [f"{LAUNCHERS}={name}", *settings]
        search_path = ",".join(f"file://{folder}" for folder in composer.folders)
        self._overrides.append(f"hydra.searchpath=[{search_path}]")
        composer.launcher_settings(name, settings, lenient=False)  # an unknown setting is found before anything starts

    def prepare(self, jobs: list[Job], folder: SweepFolder) -> str:
        """Set the launcher up, and say where jobs will run.

        Raises:
            UserError: if it cannot be set up.
        """
        from hydra import initialize_config_dir
        from hydra.core.global_hydra import GlobalHydra
        from hydra.core.hydra_config import HydraConfig
        from hydra.core.plugins import Plugins
        from hydra.types import HydraContext, RunMode

        place = folder.path.resolve() / "hydra"
        place.mkdir(exist_ok=True)
        (place / "launch.yaml").write_text(_PRIMARY.format(folder=folder.path.resolve()), encoding="utf-8")
        with initialize_config_dir(str(place), job_name="tunesmith"):
            hydra: Any = GlobalHydra.instance().hydra
            config = hydra.compose_config("launch", self._overrides, run_mode=RunMode.MULTIRUN)
            HydraConfig.instance().set_config(config)
            from hydra._internal.callbacks import Callbacks

            context = HydraContext(config_loader=hydra.config_loader, callbacks=Callbacks(config))
            self._launcher: Any = Plugins.instance().instantiate_launcher(
                hydra_context=context, task_function=task, config=config
            )
        if hasattr(self._launcher, "ray_cfg"):  # once, before threads ask for it side by side
            from hydra_plugins.hydra_ray_launcher._launcher_util import start_ray

            start_ray(self._launcher.ray_cfg.init)
        self._workers = folder.read()["settings"]["workers"]
        self._in_one_go = folder.read()["settings"]["sampler"] == "grid"
        return f"through {self._name}" + ("" if self._in_one_go else f", {self._workers} trials at a time")

    def run(self, source: Any, folder: SweepFolder, watcher: Any) -> None:
        """Run all jobs that a source hands out: a grid's in one go, a search's whenever a worker is free.

        Raises:
            Interrupted: after Ctrl-C or SIGTERM.
        """
        batches: list[_Batch] = []
        previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            while True:
                while len(batches) < (1 if self._in_one_go else self._workers):
                    jobs = self._take(source)
                    if not jobs:
                        break
                    batches.append(_Batch(self._launcher, jobs, folder))
                if not batches and source.over:
                    break
                time.sleep(_POLL_SECONDS)
                for batch in batches[:]:
                    over = not batch.thread.is_alive()
                    for job, state in batch.news(over=over, watcher=watcher):
                        source.ended(job, state)
                        watcher.ended(job, state)
                    if over:
                        batches.remove(batch)
                watcher.refresh()
        except KeyboardInterrupt:
            raise Interrupted(
                f"a signal; jobs that {self._name} has begun may go on, and the same command takes up what they leave"
            ) from None
        finally:
            signal.signal(signal.SIGTERM, previous)

    def _take(self, source: Any) -> list[Job]:
        jobs = []
        while (job := source.next()) is not None:
            jobs.append(job)
            if not self._in_one_go:
                break
        return jobs


class _Batch:
    """Some jobs that the launcher was given together."""

    def __init__(self, launcher: Any, jobs: list[Job], folder: SweepFolder) -> None:
        self._folder = folder
        self._before = {job.number: job.run.status() for job in jobs}
        self._waiting = {job.number: job for job in jobs}
        self._running: dict[int, Job] = {}
        self._error: BaseException | None = None
        self.thread = threading.Thread(target=self._launch, args=(launcher, jobs), daemon=True)
        self.thread.start()

    def _launch(self, launcher: Any, jobs: list[Job]) -> None:
        try:
            launcher.launch([[f"job={job.number}"] for job in jobs], jobs[0].number)
        except BaseException as error:  # one job that was killed; the others go on and are looked at one by one
            self._error = error

    def news(self, *, over: bool, watcher: Any) -> list[tuple[Job, str]]:
        """Jobs that have ended since the last time.

        Args:
            over: whether the launcher has returned.
            watcher: that is told of jobs that have begun.
        """
        ended = []
        for number, job in list(self._waiting.items()):
            if job.run.status() != self._before[number] or over:
                self._running[number] = self._waiting.pop(number)
                watcher.started(job)
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
        if job.run.status() == self._before[job.number] or job.run.status().get("state") == "running":
            said = f": {self._error}".partition("\n")[0] if self._error is not None else ""
            job.run.set_state("failed", error=f"the launcher ended it before the run was over{said}")
        return str(job.run.status().get("state"))


def task(config: Any) -> str:
    """What a launcher calls for one job: a process of the job's own; the state that it ended in."""
    folder = SweepFolder(Path(config.folder))
    job, log = folder.job(config.job), folder.log(config.job)
    os.chdir(folder.read()["directory"])
    log.parent.mkdir(exist_ok=True)
    told: list[int] = []
    with log.open("a", encoding="utf-8") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "tunesmith.sweeps.run_job", str(folder.path), str(job.number)],
            stdin=subprocess.PIPE,  # it ends when this process does
            stdout=stream,
            stderr=subprocess.STDOUT,
        )

        def hand_on(number: int, frame: Any) -> None:
            told.append(number)
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)

        with contextlib.suppress(ValueError):  # in a thread the main one has to hand signals on
            signal.signal(signal.SIGTERM, hand_on)
        code = process.wait()
    state = settle(job, code, log=log, stopped=bool(told))
    if state == "interrupted" and "SLURM_JOB_ID" in os.environ:
        time.sleep(_SCHEDULER_SECONDS)  # Slurm ends the job and queues it again; a result would say that it is over
    return state
