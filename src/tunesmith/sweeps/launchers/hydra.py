"""Hydra's own launchers: Slurm and local processes through submitit, Ray, joblib, or any other that is installed.

Hydra composes only the job's number, from a config of its own and the checked node of the launcher: nothing else of the
user's files reaches it. The job's config is already frozen, and runs in a child process of the launcher's,
so that a crash affects neither the launcher nor a worker that it shares with other jobs.
"""

import contextlib
import shutil
import signal
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config, plain_yaml
from tunesmith.configuration.choices import LAUNCHERS
from tunesmith.configuration.compose import Composer
from tunesmith.configuration.saved import literal
from tunesmith.errors import Interrupted, UserError, signal_name
from tunesmith.errors.messages import did_you_mean, first_line
from tunesmith.errors.safe_path import leave_out_working_folder
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job
from tunesmith.sweeps.launchers.slurm_queue import wait_for_every_job
from tunesmith.sweeps.launchers.submitted import SubmittedJobs
from tunesmith.sweeps.plugin_task import task

_POLL_SECONDS = 0.5


class PluginLauncher:
    """Runs jobs through one of Hydra's launchers.

    Args:
        name: the choice of `hydra/launcher`.
        settings: overrides of `hydra.launcher.*`.
        composer: has the folders of the groups.
    """

    def __init__(self, name: str, settings: Sequence[str], composer: Composer) -> None:
        self._name, self._settings = name, settings
        node = composer.launcher_settings(name, [])
        self._kind = str(node["_target_"]).rpartition(".")[2]
        known = [key for key in node if key != "_target_"]
        mistakes = [
            f"hydra.launcher.{key} does not exist{did_you_mean(key, known)} (settings of {name}: {', '.join(known)})"
            for key in map(_first_key, settings)
            if key not in known
        ]
        if mistakes:
            raise UserError(mistakes)
        try:
            self._node = composer.launcher_settings(name, settings)
        except UserError as error:
            reason: BaseException = error  # Hydra's message names the setting, its cause (OmegaConf's) the mistake
            while reason.__cause__ is not None:
                reason = reason.__cause__
            raise UserError(f"{error.mistakes[0].replace('++', '')}: {first_line(reason)}") from error

    def check(self, jobs: list[Job]) -> None:
        """Check that the launcher's programs are installed.

        Raises:
            UserError: if they are not.
        """
        if self._kind == "SlurmLauncher" and not (shutil.which("sbatch") and shutil.which("srun")):
            raise UserError(
                f"{LAUNCHERS}={self._name} needs Slurm's sbatch and srun, which are not installed here; start the "
                f"sweep on a node of the cluster, or leave {LAUNCHERS} out"
            )

    def prepare(self, jobs: list[Job], folder: SweepFolder) -> str:
        """Set up the launcher, and describe where jobs will run.

        Raises:
            UserError: if it cannot be set up.
        """
        from hydra import initialize_config_dir
        from hydra.core.global_hydra import GlobalHydra
        from hydra.core.hydra_config import HydraConfig
        from hydra.core.plugins import Plugins
        from hydra.types import HydraContext, RunMode

        leave_out_working_folder()
        launches = folder.path.resolve() / "hydra"
        launches.mkdir(exist_ok=True)
        # A new folder: launchers unpickle what they find in theirs, which may have come with the sweep.
        launch = Path(tempfile.mkdtemp(prefix="launch-", dir=launches))
        primary = _primary(self._node, folder=folder.path.resolve(), launch=launch)
        (launch / "launch.yaml").write_text(plain_yaml.dump(primary), encoding="utf-8")
        with initialize_config_dir(str(launch), job_name="tunesmith"):
            hydra: Any = GlobalHydra.instance().hydra
            config = hydra.compose_config("launch", [], run_mode=RunMode.MULTIRUN)
            HydraConfig.instance().set_config(config)
            from hydra._internal.callbacks import Callbacks

            context = HydraContext(config_loader=hydra.config_loader, callbacks=Callbacks(config))
            self._launcher: Any = Plugins.instance().instantiate_launcher(
                hydra_context=context, task_function=task, config=config
            )
        self._submitit = self._kind in ("SlurmLauncher", "LocalLauncher")
        if self._submitit:
            wait_for_every_job()
        if self._kind == "RayLauncher":
            self._start_ray(launch)
        settings = folder.read()["settings"]
        is_grid = settings["sampler"] == "grid"
        # Ray's launcher drops all jobs of a call when one is lost, so each job gets its own call; Ray queues them.
        self._in_one_call = is_grid and self._kind != "RayLauncher"
        self._calls = 1 if self._in_one_call else len(jobs) if is_grid else settings["workers"]
        return f"through {self._name}" + ("" if is_grid else f", {self._calls} trials at a time")

    def _start_ray(self, empty: Path) -> None:
        """Start Ray once, before several threads would.

        Args:
            empty: a folder without modules. Ray lets its workers import from the folder in which it is started.
        """
        from hydra_plugins.hydra_ray_launcher._launcher_util import start_ray

        names_own_folder = "working_dir" in (self._launcher.ray_cfg.init.get("runtime_env") or {})
        try:
            with contextlib.nullcontext() if names_own_folder else contextlib.chdir(empty):
                start_ray(self._launcher.ray_cfg.init)
        except (OSError, RuntimeError, TypeError, ValueError) as error:
            received = " ".join(self._settings) or "its defaults"
            raise UserError(
                f"Ray failed to start with {received}: {first_line(error)}; set hydra.launcher.ray.init.*"
            ) from error

    def run(self, source: Any, folder: SweepFolder, display: Any) -> None:
        """Run all jobs of a source: a grid's in one call, a search's whenever a worker is free.

        Raises:
            UserError: if the scheduler rejects these settings.
            Interrupted: after Ctrl-C or SIGTERM.
        """
        batches: list[SubmittedJobs] = []

        def interrupt(number: int, frame: Any) -> None:
            raise Interrupted(signal_name(number))

        previous = signal.signal(signal.SIGTERM, interrupt)
        try:
            while True:
                while len(batches) < self._calls:
                    jobs = self._take(source)
                    if not jobs:
                        break
                    batches.append(SubmittedJobs(self._launcher, jobs))
                if not batches and source.over:
                    break
                time.sleep(_POLL_SECONDS)
                for batch in batches[:]:
                    over = not batch.thread.is_alive()
                    if batch.error is not None and self._submitit:
                        raise self._refused(batch.error)
                    for job, state in batch.newly_ended(over=over, display=display):
                        source.ended(job, state)
                        display.ended(job, state)
                    if over:
                        batches.remove(batch)
                display.refresh()
        except (KeyboardInterrupt, Interrupted) as error:
            raise Interrupted(
                f"{str(error) or 'Ctrl-C'}; jobs that {self._name} has started may keep running, and the same command resumes the rest"
            ) from None
        finally:
            signal.signal(signal.SIGTERM, previous)

    def _refused(self, error: BaseException) -> UserError:
        received = " ".join(self._settings) or "its defaults"
        return UserError(
            f"{self._name} rejected {received}: {first_line(error).removeprefix('sbatch: error: ')}; correct "
            "hydra.launcher.* (sinfo lists the partitions, sbatch --help the options)"
        )

    def _take(self, source: Any) -> list[Job]:
        jobs = []
        while (job := source.next()) is not None:
            jobs.append(job)
            if not self._in_one_call:
                break
        return jobs


def _primary(launcher: Config, *, folder: Path, launch: Path) -> Config:
    """The config that Hydra composes for each job; nothing else of the user's files is in it.

    Args:
        launcher: the checked node `hydra.launcher`, whose interpolations Hydra resolves.
        folder: of the sweep.
        launch: where the launcher keeps its files.
    """
    logging: list[Any] = [{"override hydra/hydra_logging": "none"}, {"override hydra/job_logging": "none"}]
    return {
        "defaults": [{"override hydra/launcher": None}, *logging, "_self_"],
        "folder": literal(str(folder)),
        "job": "???",
        "hydra": {
            "output_subdir": None,
            "job": {"name": "tunesmith"},
            "sweep": {"dir": literal(str(launch))},
            "launcher": launcher,
        },
    }


def _first_key(word: str) -> str:
    """`partition` of `hydra.launcher.partition=low`."""
    return word.removeprefix("hydra.launcher.").partition("=")[0].partition(".")[0]
