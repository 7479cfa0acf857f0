"""Weights & Biases: the run's config, its history, its final scores and how it ended."""

import contextlib
import errno
import os
import re
import shlex
import shutil
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

from lightning_fabric.loggers.logger import _DummyExperiment as DummyExperiment
from pytorch_lightning.loggers import WandbLogger

from tunesmith.configuration.ranges import NonNegativeInt, PositiveFloat
from tunesmith.configuration.secrets import recorded_command
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line
from tunesmith.loggers.failures import Failures
from tunesmith.loggers.offline_runs import unsent_marker
from tunesmith.loggers.results import Results, pixels, plain
from tunesmith.loggers.run_description import STEP, VALUES, RunDescription
from tunesmith.storage import files
from tunesmith.storage.bounded_files import read_text

_STUCK_SECONDS = 3.0  # of grace for the service process at the end; it has written all values to disk by then
_EXIT_CODES = {"done": 0, "pruned": 0, "failed": 1, "interrupted": 255}  # 255 is W&B's own after Ctrl-C

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # in names of files and addresses


class WandbRun(WandbLogger):
    """Lightning's WandbLogger; its W&B run stays open after `fit`, for the results and the state of the run.

    Whatever is wrong with W&B, its server or its disk is reported once, and training continues without it.

    Args:
        worst_errors: see `wandb`.
        upload_model: see `wandb`.
        settings: of WandbLogger.
    """

    def __init__(self, *, worst_errors: int, upload_model: bool, **settings: Any) -> None:
        self._worst_errors, self._upload_model = worst_errors, upload_model
        self._timeout_seconds = settings["settings"].finish_timeout
        self._failures = Failures("Weights & Biases")
        super().__init__(**settings)
        self._wandb_init.pop("anonymous", None)  # W&B warns of it, even if it is None

    def describe(self, description: RunDescription) -> None:
        """Start or continue the W&B run; offline if the server does not answer in time.

        Args:
            description: of the run; its tags are in addition to those of the settings.

        Raises:
            UserError: if W&B is used wrongly, such as without an API key.
        """
        import wandb as library

        self._name = description.name
        self._wandb_init |= {
            "name": description.name,
            "group": description.group,
            "job_type": description.job_type,
            "notes": description.notes,
            "tags": list(dict.fromkeys([*self._wandb_init["tags"], *description.tags])),
        }
        try:
            self._check_room()
            try:
                self._begin(description)
            except (library.errors.UsageError, library.errors.AuthenticationError) as error:
                raise UserError(
                    f"logger.wandb: {first_line(error)}; run wandb login, or set logger.wandb.mode=offline"
                ) from error
            except Exception as error:
                if self._wandb_init["mode"] != "online":
                    raise
                _end_service(1)
                self._wandb_init["mode"] = "offline"
                self._begin(description)
                print(
                    f"Weights & Biases does not answer ({first_line(error)}); logging offline, send it later: tunesmith sync "
                    f"{self.save_dir}",
                    flush=True,
                )
        except UserError:
            raise
        except Exception as error:
            _end_service(1)
            with self._failures:
                raise error

    def _begin(self, description: RunDescription) -> None:
        import wandb as library

        # Lightning's own start would make its name of the step the axis of every value.
        self._experiment = library.run if library.run is not None else library.init(**self._wandb_init)
        if self._wandb_init["mode"] == "online":
            unsent_marker(Path(self._experiment.settings.sync_file)).touch()
            self._experiment._cached_public_api = cast(Any, _NoQuestions())
        self._experiment.config.update(description.config, allow_val_change=True)
        self._experiment.define_metric(STEP, hidden=True)
        for names in VALUES:
            self._experiment.define_metric(f"{names}/*", step_metric=STEP)
        self._experiment.define_metric(description.monitor, step_metric=STEP, summary=f"{description.best},last")

    @property
    def experiment(self) -> Any:
        """The W&B run; an object that does nothing if W&B has failed, since Lightning would start it again."""
        return DummyExperiment() if self._failures.occurred else super().experiment

    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        """Log, unless W&B has failed before; Slurm may send SIGTERM to its service process too.

        Values of one optimizer step become one row, and W&B drops those of steps before the last one that it has.
        """
        if not self._failures.occurred:
            with self._failures:
                self._check_room()
                self.experiment.log({**metrics, STEP: step}, step=step)

    def complete(self, results: Results) -> None:
        """Log final scores to the summary, figures as images and tables, and the model if asked for."""
        import wandb as library

        if self._failures.occurred:
            return
        with self._failures:
            self._check_room()
            self.experiment.summary.update(results.final)
            media: dict[str, Any] = {}
            for picture in results.pictures:
                media[f"figures/{picture.name}"] = library.Image(pixels(picture.figure), caption=picture.title)
            # W&B keeps all values of an online run in memory while it waits for an answer about a table or a model.
            artifacts = self._wandb_init["mode"] != "online" or self._answers()
            if not artifacts:
                print("Weights & Biases does not answer: tables and the model are left out there", flush=True)
            for table in results.tables(texts=self._worst_errors) if artifacts else ():
                rows = [[plain(cell) for cell in row] for row in table.rows]
                media[f"tables/{table.name}"] = library.Table(list(table.headings), rows, allow_mixed_types=True)
            if media:
                self.experiment.log({**media, STEP: results.step}, step=results.step)
            if self._upload_model and artifacts:
                artifact = library.Artifact(f"model-{self._id}", type="model", metadata={"data": dict(results.data)})
                artifact.add_dir(str(results.run.model), policy="immutable")  # without a second copy on this disk
                self.experiment.log_artifact(artifact, aliases=["best"])

    def _answers(self) -> bool:
        """Whether the server answers anything in time."""
        try:
            address = self.experiment.settings.base_url
            urllib.request.urlopen(address, timeout=self._timeout_seconds / 2).close()  # noqa: S310  the user's own
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def _check_room(self) -> None:
        """Raise if the disk is full, of which W&B's service process tells nobody."""
        folder = Path(str(self.save_dir)) / "wandb"
        if folder.is_dir() and not shutil.disk_usage(folder).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))

    def close(self, state: str) -> None:
        """Write the remaining values, and end the W&B run and its service process.

        Args:
            state: of the run: done, failed, interrupted or pruned.
        """
        code, stuck = _EXIT_CODES[state], threading.Event()
        if self._experiment is not None:
            try:
                self._experiment.summary["state"] = state
                with _killed_if_stuck(self._timeout_seconds + _STUCK_SECONDS) as stuck:
                    self._experiment.finish(exit_code=code)
                if self._wandb_init["mode"] == "online":
                    unsent_marker(Path(self._experiment.settings.sync_file)).unlink(missing_ok=True)
            except TimeoutError:
                self._say_unsent()
            except Exception as error:
                _forget_run()
                if stuck.is_set():
                    self._say_unsent()
                else:
                    with self._failures:
                        raise error
        _end_service(code)

    def _say_unsent(self) -> None:
        print(
            f"Weights & Biases does not take the last values; send them later: tunesmith sync {self.save_dir}",
            flush=True,
        )


class _NoQuestions:
    """What W&B asks the server, in this process, about an artifact such as a table: the answer may never come.

    Its own object checks the key again, and whether there is an artifact of the name with another type, which ours never have.
    """

    settings: ClassVar[dict[str, str]] = {"entity": "", "project": ""}

    def _expected_artifact_type(self, **artifact: str) -> None:
        pass

    def _set_artifact_save_handle(self, artifact: Any, handle: Any) -> None:
        pass


def _forget_run() -> None:
    """Forget a run whose service process has failed: a later run of this process starts a service of its own."""
    from wandb.sdk.lib import module

    module.unset_globals()
    os.environ.pop("WANDB_SERVICE", None)


def _end_service(exit_code: int) -> None:
    """End W&B's service process and threads, unless another run of W&B uses them."""
    import wandb as library

    if library.run is None:
        with (
            contextlib.suppress(Exception, SystemExit),
            _killed_if_stuck(_STUCK_SECONDS),
        ):  # exits if the process failed
            library.teardown(exit_code)


@contextlib.contextmanager
def _killed_if_stuck(seconds: float) -> Iterator[threading.Event]:
    """Kill the service process after some time: W&B waits for it without a limit, and it waits for a server with a table.

    Yields whether that was necessary.
    """
    from wandb.sdk.wandb_setup import singleton

    connection = getattr(singleton(), "_connection", None)
    process = getattr(getattr(connection, "_proc", None), "_process", None)
    stuck = threading.Event()

    def kill() -> None:
        stuck.set()
        if process is not None:
            process.kill()

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield stuck
    finally:
        timer.cancel()
        timer.join()


def wandb(
    folder: Path,
    config: dict[str, Any],
    step: int,
    *,
    project: str,
    entity: str | None,
    mode: Literal["offline", "online", "disabled"],
    tags: list[str],
    worst_errors: NonNegativeInt,
    upload_model: bool,
    timeout_seconds: PositiveFloat,
) -> WandbRun:
    """A W&B run; in offline mode, send it later with `tunesmith sync <run>`.

    Args:
        project: W&B project of the run.
        entity: user or team; null for the account's default.
        mode: offline writes to disk only.
        tags: W&B tags to filter runs by, besides those that every run has.
        worst_errors: rows, at most 20, of a table with the worst errors of each scored split: their texts leave the machine.
        upload_model: log the selected model as an artifact, with the fingerprints of its data.
        timeout_seconds: how long the start, and the end, of a run wait for the server.

    """
    if mode == "online":
        print(f"Weights & Biases: {entity or 'the default account'}, project {project}", flush=True)
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # its threads would outlive the run
    import wandb as library
    from wandb.sdk.lib.runid import generate_id

    id_file = folder / "wandb_id.txt"  # a resumed run continues the same W&B run
    if not id_file.is_file() or not _ID.fullmatch(read_text(id_file)):
        files.write_text(id_file, generate_id())
    return WandbRun(
        worst_errors=worst_errors,
        upload_model=upload_model,
        save_dir=folder,
        id=read_text(id_file),
        resume="allow",
        project=project,
        entity=entity,
        tags=tags,
        mode=mode,
        settings=library.Settings(
            silent=True,
            console="off",
            disable_git=True,  # W&B's own git would run what a repository names
            x_disable_meta=shlex.join(["tunesmith", *sys.argv[1:]])
            != recorded_command(sys.argv[1:]),  # it has the command
            init_timeout=timeout_seconds,
            login_timeout=timeout_seconds,
            finish_timeout=timeout_seconds * 2 / 3,  # the rest is for the question whether it answers
            finish_timeout_raises=True,
        ),
    )
