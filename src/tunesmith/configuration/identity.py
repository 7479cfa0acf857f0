"""The run id: a ten-digit digest of the settings that determine a run's results."""

import hashlib
import json
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.added_settings import without_added
from tunesmith.configuration.stages import stage_before

# Settings for location, logging and devices, which do not affect the results: they are not part of the run id.
BOOKKEEPING = {"output_dir", "name", "logger"}
BOOKKEEPING_TRAINER = {"accelerator", "devices", "progress_bar", "log_every_n_steps"}


def run_id(config: Config) -> str:
    """Ten hexadecimal digits that identify a run's results, independent of its folder, loggers and devices."""
    return digest(identity(config))


def configuration_id(config: Config) -> str:
    """Ten hexadecimal digits that runs of one name share which differ only in their seed."""
    without_seed = {key: value for key, value in identity(config).items() if key != "seed"}
    return digest([config["name"], without_seed])


def identity(config: Config) -> Config:
    """The settings of a config that determine a run's results."""
    config = without_added(config)
    kept = {key: value for key, value in config.items() if key not in BOOKKEEPING}
    stage = stage_before(config)
    if stage is not None:
        kept["backbone"] = config["backbone"] | {"after": identity(stage)}
    trainer = config["trainer"]
    return kept | {"trainer": {key: value for key, value in trainer.items() if key not in BOOKKEEPING_TRAINER}}


def digest(value: Any) -> str:
    """Ten hexadecimal digits that identify a JSON-serialisable value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:10]
