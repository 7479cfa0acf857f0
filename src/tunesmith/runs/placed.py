"""The config of a run as it is run again: beside the run, whatever folder and whatever services its config names.

A config that was handed over may name any `output_dir`, and a W&B account of somebody else's.
"""

import os
from pathlib import Path

from tunesmith.configuration import Config
from tunesmith.configuration.stages import stage_before
from tunesmith.runs.folder import RunFolder

_WRITE_TO_THE_FOLDER = ("tunesmith.loggers.csv.csv", "tunesmith.loggers.tensorboard.tensorboard")


def placed(run: RunFolder, output_dir: str | None) -> Config:
    """The config of a run and of its stages, with another `output_dir`, and only with loggers that write to the run's folder.

    Args:
        run: completed.
        output_dir: of the command line; None for the folder that the run is in.
    """
    config = run.config()
    return at(config, output_dir if output_dir is not None else _root(run.path, config))


def at(config: Config, output_dir: str) -> Config:
    """A config and those of its stages with an `output_dir`, and only with loggers that write to the run's folder."""
    loggers = {
        name: node
        for name, node in config["logger"].items()
        if isinstance(node, dict) and node.get("_target_") in _WRITE_TO_THE_FOLDER
    }
    changed = config | {"output_dir": output_dir, "logger": loggers}
    stage = stage_before(config)
    if stage is not None:
        changed["backbone"] = config["backbone"] | {"after": at(stage, output_dir)}
    return changed


def _root(path: Path, config: Config) -> str:
    """`runs` for `runs/<name>/<run id>`; for a run that has been moved, the folder that it is in."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - a link stays the place that was named
    name = Path(config["name"]).parts
    is_usual = absolute.parent.parts[-len(name) :] == name
    root = absolute.parents[len(name)] if is_usual else absolute.parent
    return str(root) if path.is_absolute() else os.path.relpath(root)
