"""Weights & Biases: the run's config, its history and its final scores."""

from pathlib import Path
from typing import Any, Literal

from pytorch_lightning.loggers import WandbLogger

from tunesmith.runs.code import repository


class WandbRun(WandbLogger):
    """Lightning's WandbLogger; its W&B run stays open after `fit`, for the final scores."""

    _disconnected = False

    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        """Log, or continue without W&B if its service process is gone: Slurm may send SIGTERM to that one too."""
        try:
            super().log_metrics(metrics, step)
        except ConnectionError as error:
            if not self._disconnected:
                print(f"The process of Weights & Biases is gone ({error}); continuing without it", flush=True)
            self._disconnected = True

    def close(self) -> None:
        """Write the remaining values and finish the W&B run."""
        self.experiment.finish()


def wandb(
    folder: Path,
    config: dict[str, Any],
    step: int,
    *,
    project: str,
    entity: str | None,
    mode: Literal["offline", "online", "disabled"],
    tags: list[str],
) -> WandbRun:
    """A W&B run; in offline mode, upload it later with `wandb sync` from `<run>/wandb/`.

    Args:
        project: W&B project of the run.
        entity: user or team; null for the account's default.
        mode: offline writes to disk only.
        tags: W&B tags to filter runs by.
    """
    import wandb as library
    from wandb.sdk.lib.runid import generate_id

    id_file = folder / "wandb_id.txt"  # a resumed run continues the same W&B run
    if not id_file.is_file():
        id_file.write_text(generate_id(), encoding="utf-8")
    logger = WandbRun(
        name=f"{config['name']}/{folder.name}",
        save_dir=folder,
        id=id_file.read_text(encoding="utf-8"),
        resume="allow",
        project=project,
        entity=entity,
        tags=tags,
        group=config["name"],
        mode=mode,
        settings=library.Settings(silent=True, console="off", disable_git=True),  # its git runs what a repository names
    )
    code = repository(Path.cwd())
    commit = {} if code is None else {"git_commit": code["commit"]}
    logger.experiment.config.update(config | commit, allow_val_change=True)
    return logger
