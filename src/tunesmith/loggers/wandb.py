"""Weights & Biases: the run's config, its history and its final scores."""

import re
import shlex
import sys
from pathlib import Path
from typing import Any, Literal

from pytorch_lightning.loggers import WandbLogger

from tunesmith.configuration.secrets import recorded_command, without_secrets
from tunesmith.runs.code import origin, repository
from tunesmith.storage import files
from tunesmith.storage.bounded_files import read_text

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # in names of files and addresses


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
    if mode == "online":
        print(f"Weights & Biases: {entity or 'the default account'}, project {project}", flush=True)
    import wandb as library
    from wandb.sdk.lib.runid import generate_id

    id_file = folder / "wandb_id.txt"  # a resumed run continues the same W&B run
    if not id_file.is_file() or not _ID.fullmatch(read_text(id_file)):
        files.write_text(id_file, generate_id())
    logger = WandbRun(
        name=f"{config['name']}/{folder.name}",
        save_dir=folder,
        id=read_text(id_file),
        resume="allow",
        project=project,
        entity=entity,
        tags=tags,
        group=config["name"],
        mode=mode,
        # W&B's own git would run what a repository names.
        settings=library.Settings(silent=True, console="off", disable_git=True, **_private()),
    )
    code = repository(Path.cwd())
    commit = {} if code is None else {"git_commit": code["commit"]}
    logger.experiment.config.update(config | commit, allow_val_change=True)
    return logger


def _private() -> Any:
    """Settings that keep W&B from recording a command or the address of a repository that holds a key."""
    remote = origin(Path.cwd())
    return {
        "x_disable_meta": shlex.join(["tunesmith", *sys.argv[1:]]) != recorded_command(sys.argv[1:]),
        "disable_git": without_secrets(remote) != remote,
    }
