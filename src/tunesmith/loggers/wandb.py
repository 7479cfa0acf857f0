"""Weights & Biases: the run's config, its history, its final scores and how it ended."""

from pathlib import Path
from typing import Any, Literal

from lightning_fabric.loggers.logger import _DummyExperiment as DummyExperiment
from pytorch_lightning.loggers import WandbLogger

from tunesmith.configuration.ranges import NonNegativeInt, PositiveFloat
from tunesmith.errors import UserError
from tunesmith.loggers import wandb_session
from tunesmith.loggers.failures import Failures
from tunesmith.loggers.results import Results, pixels, plain
from tunesmith.loggers.run_description import STEP, VALUES, RunDescription
from tunesmith.loggers.service_id import kept_id
from tunesmith.loggers.wandb_recorded import ID_FILE
from tunesmith.loggers.wandb_service import end_service


class WandbRun(WandbLogger):
    """Lightning's WandbLogger; its W&B run stays open after `fit`, for the results and the state of the run.

    Whatever is wrong with W&B, its server or its disk is reported once, and training continues without it.

    Args:
        worst_errors: see `wandb`.
        upload_model: see `wandb`.
        upload_patch: see `wandb`.
        settings: of WandbLogger.
    """

    def __init__(self, *, worst_errors: int, upload_model: bool, upload_patch: bool, **settings: Any) -> None:
        self._worst_errors, self._upload_model, self._upload_patch = worst_errors, upload_model, upload_patch
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
            # Lightning's own start would make its name of the step the axis of every value.
            self._experiment = run = library.run if library.run is not None else wandb_session.start(self._wandb_init)
            run.config.update(description.config, allow_val_change=True)
            run.define_metric(STEP, hidden=True)
            for names in VALUES:
                run.define_metric(f"{names}/*", step_metric=STEP)
            run.define_metric(description.monitor, step_metric=STEP, summary=f"{description.best},last")
        except UserError:
            raise
        except Exception as error:
            end_service(1)
            with self._failures:
                raise error

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
                wandb_session.check_room(Path(str(self.save_dir)))
                self.experiment.log({**metrics, STEP: step}, step=step)

    def complete(self, results: Results) -> None:
        """Log final scores to the summary, figures as images and tables, and the model if asked for."""
        import wandb as library

        if self._failures.occurred:
            return
        with self._failures:
            wandb_session.check_room(Path(str(self.save_dir)))
            self.experiment.summary.update(results.final)
            media: dict[str, Any] = {}
            for picture in results.pictures:
                media[f"figures/{picture.name}"] = library.Image(pixels(picture.figure), caption=picture.title)
            # W&B keeps all values of an online run in memory while it waits for an answer about a table or a model.
            artifacts = self._wandb_init["mode"] != "online" or wandb_session.answers(self.experiment)
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

    def close(self, state: str) -> None:
        """Write the remaining values, and end the W&B run and its service process.

        Args:
            state: of the run: done, failed, interrupted or pruned.
        """
        if self._experiment is None:
            end_service(wandb_session.exit_code(state))
        else:
            with self._failures:
                if self._upload_patch:
                    self._save_patch()
                wandb_session.finish(self._experiment, state)

    def _save_patch(self) -> None:
        """Add what was changed in the user's repository, from which keys are blanked; nothing without a change."""
        folder = Path(str(self.save_dir))
        if (folder / "code.patch").is_file():
            self.experiment.save(str(folder / "code.patch"), base_path=str(folder), policy="now")


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
    upload_patch: bool,
    upload_report: bool,
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
        upload_patch: add code.patch, the uncommitted changes in the working folder's repository, with keys blanked.
        upload_report: add the page of `tunesmith report` to the run of a sweep, with the texts of its worst errors.
        timeout_seconds: how long the start, and the end, of a run wait for the server.

    """
    if mode == "online":
        print(f"Weights & Biases: {entity or 'the default account'}, project {project}", flush=True)
    settings = wandb_session.settings(timeout_seconds=timeout_seconds)
    from wandb.sdk.lib.runid import generate_id

    return WandbRun(
        worst_errors=worst_errors,
        upload_model=upload_model,
        upload_patch=upload_patch,
        save_dir=folder,
        id=kept_id(folder / ID_FILE, generate_id),
        resume="allow",
        project=project,
        entity=entity,
        tags=tags,
        mode=mode,
        settings=settings,
    )
