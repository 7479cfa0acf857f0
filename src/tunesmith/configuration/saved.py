"""Resolved configs: write as YAML text, load from a file, and apply overrides."""

from collections.abc import Sequence
from pathlib import Path

from tunesmith.configuration import Config
from tunesmith.configuration.added_settings import with_added
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line


def load(file: Path) -> Config:
    """Load a resolved config that a run saved.

    Raises:
        UserError: if the file does not exist or contains no config.
    """
    from omegaconf import OmegaConf

    if not file.is_file():
        raise UserError(f"{file} does not exist; expected a run folder, runs/<name>/<run id>")
    try:
        config = OmegaConf.to_container(OmegaConf.load(file), resolve=True)
    except Exception as error:  # the YAML parser's errors have no common base class
        raise UserError(f"{file} cannot be read as a config: {first_line(error)}") from error
    if not isinstance(config, dict):
        raise UserError(f"{file} contains no config; expected keys and values")
    return with_added({str(key): value for key, value in config.items()})


def to_yaml(config: Config) -> str:
    """The config as YAML text."""
    from omegaconf import OmegaConf

    return OmegaConf.to_yaml(OmegaConf.create(config))


def apply(config: Config, overrides: Sequence[str]) -> Config:
    """A copy of a resolved config with `key=value` overrides applied; unknown keys are left to the checks."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException
    from omegaconf import OmegaConf

    copy = OmegaConf.create(config)
    try:
        for override in OverridesParser.create().parse_overrides(list(overrides)):
            OmegaConf.update(copy, override.key_or_group, override.value(), force_add=True)
    except HydraException as error:
        raise UserError(f"{first_line(error)}; expected key=value") from error
    plain = OmegaConf.to_container(copy, resolve=True)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}
