"""What names a run: the part of its config that says what it computes, in ten digits."""

import hashlib
import json
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.stages import stage_before

# Settings that say where and how a run is watched, not what it computes: they are no part of its identity.
BOOKKEEPING = {"output_dir", "name", "logger"}
BOOKKEEPING_TRAINER = {"accelerator", "devices", "progress_bar", "log_every_n_steps"}


def run_id(config: Config) -> str:
    """Ten hexadecimal digits that name what a run computes, whatever its place, its loggers or its device."""
    return digest(identity(config))


def identity(config: Config) -> Config:
    """The part of a config that says what a run computes."""
    kept = {key: value for key, value in config.items() if key not in BOOKKEEPING}
    stage = stage_before(config)
    if stage is not None:
        kept["backbone"] = config["backbone"] | {"after": identity(stage)}
    trainer = config["trainer"]
    return kept | {"trainer": {key: value for key, value in trainer.items() if key not in BOOKKEEPING_TRAINER}}


def digest(value: Any) -> str:
    """Ten hexadecimal digits that name a plain value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:10]
