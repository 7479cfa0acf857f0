"""Weights & Biases: the run's config, its history and its final scores."""

from pathlib import Path
from typing import Any, Literal

from pytorch_lightning.loggers import WandbLogger


class WandbRun(WandbLogger):
    """Lightning's WandbLogger, which keeps its run open after `fit`: the final scores come later."""

    def close(self) -> None:
        """Write what is left and end the run."""
        self.experiment.finish()


def wandb(
    folder: Path,
    config: dict[str, Any],
    *,
    project: str,
    entity: str | None,
    mode: Literal["offline", "online", "disabled"],
    tags: list[str],
) -> WandbRun:
    """A W&B run; `<run>/wandb/` holds what `wandb sync` sends later.

    Args:
        project: where the run appears.
        entity: user or team; null for the account's own.
        mode: offline writes to disk only.
        tags: words to filter runs by.
    """
    import wandb as library

    logger = WandbRun(
        name=f"{config['name']}/{folder.name}",
        save_dir=folder,
        project=project,
        entity=entity,
        tags=tags,
        group=config["name"],
        mode=mode,
        settings=library.Settings(silent=True, console="off"),
    )
    logger.experiment.config.update(config)
    return logger
