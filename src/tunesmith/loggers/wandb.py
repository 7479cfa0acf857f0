"""Weights & Biases: the run's config, its history and its final scores."""

from pathlib import Path
from typing import Any, Literal

from pytorch_lightning.loggers import WandbLogger


class WandbRun(WandbLogger):
    """Lightning's WandbLogger, which keeps its run open after `fit`: the final scores come later."""

    _lost = False

    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        """A run goes on if W&B's own process is gone: Slurm may send SIGTERM to that one too, while the run still saves."""
        try:
            super().log_metrics(metrics, step)
        except ConnectionError as error:
            if not self._lost:
                print(f"Weights & Biases has lost its process ({error}); the run goes on without it", flush=True)
            self._lost = True

    def close(self) -> None:
        """Write what is left and end the run."""
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
    """A W&B run; `<run>/wandb/` holds what `wandb sync` sends later.

    Args:
        project: where the run appears.
        entity: user or team; null for the account's own.
        mode: offline writes to disk only.
        tags: words to filter runs by.
    """
    import wandb as library
    from wandb.sdk.lib.runid import generate_id

    kept = folder / "wandb_id.txt"  # a run that is resumed goes on in the same W&B run
    if not kept.is_file():
        kept.write_text(generate_id(), encoding="utf-8")
    logger = WandbRun(
        name=f"{config['name']}/{folder.name}",
        save_dir=folder,
        id=kept.read_text(encoding="utf-8"),
        resume="allow",
        project=project,
        entity=entity,
        tags=tags,
        group=config["name"],
        mode=mode,
        settings=library.Settings(silent=True, console="off"),
    )
    logger.experiment.config.update(config, allow_val_change=True)
    return logger
