"""Resolved configs: write as YAML text, load from a file, and apply overrides. What is saved is never resolved again."""

import copy
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config, plain_yaml
from tunesmith.configuration.added_settings import with_added
from tunesmith.configuration.bounded_files import YAML_BYTES, read_text
from tunesmith.configuration.targets import SEVERAL, SINGLE
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line

_INTERPOLATION = re.compile(r"(\\*)\$\{")


def load(file: Path) -> Config:
    """Load a resolved config that a run saved.

    Raises:
        UserError: if the file does not exist or contains no config.
    """
    if not file.is_file():
        raise UserError(f"{file} does not exist; expected a run folder, runs/<name>/<run id>")
    try:
        config = plain_yaml.load(read_text(file, limit=YAML_BYTES))
    except UserError:
        raise
    except Exception as error:  # the YAML parser's errors have no common base class
        raise UserError(f"{file} cannot be read as a config: {first_line(error)}") from error
    if not isinstance(config, dict):
        raise UserError(f"{file} contains no config; expected keys and values")
    _check_shape(config, str(file))
    return with_added({str(key): value for key, value in config.items()})


def _check_shape(config: Any, where: str) -> None:
    """Check that a config, and those of its stages, have what every reader relies on.

    Raises:
        UserError: for the first part that it lacks.
    """
    if not isinstance(config, dict):
        raise UserError(f"{where} is {config!r:.40}; expected the config of a run")
    for group in ("dataset", *SINGLE, *SEVERAL):
        node = config.get(group)
        if not isinstance(node, dict):
            raise UserError(f"{where}: {group} is {node!r:.40}; expected settings, as a run saves them")
        if group in SINGLE and not isinstance(node.get("_target_"), str):
            raise UserError(f"{where}: {group}._target_ is {node.get('_target_')!r:.40}; expected a name")
    names = ("name", "output_dir", "dataset.source", "dataset.task")
    for name in names:
        node = config["dataset"] if "." in name else config
        if not isinstance(node.get(name.rpartition(".")[2]), str):
            raise UserError(f"{where}: {name} is {node.get(name.rpartition('.')[2])!r:.40}; expected a text")
    metrics = config["dataset"].get("metrics")
    if not isinstance(metrics, list) or not metrics or not all(isinstance(metric, str) for metric in metrics):
        raise UserError(f"{where}: dataset.metrics is {metrics!r:.40}; expected names of scores")
    if not isinstance(config.get("monitor"), str | None) or not isinstance(config.get("seed"), int):
        raise UserError(f"{where}: monitor or seed is missing or of a wrong type; expected them as a run saves them")
    if config["backbone"].get("after") is not None:
        _check_shape(config["backbone"]["after"], f"{where}: backbone.after")


def to_yaml(config: Config) -> str:
    """The config as YAML text."""
    return plain_yaml.dump(config)


def apply(config: Config, overrides: Sequence[str]) -> Config:
    """A copy of a resolved config with `key=value` overrides applied; unknown keys are left to the checks.

    `${...}` in an override refers to the config, whose own values stay as they are.

    Raises:
        UserError: for overrides that cannot be parsed or resolved.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    if not overrides:
        return copy.deepcopy(config)
    changed = OmegaConf.create(literal(config), max_yaml_expanded_nodes=None)
    try:
        for override in OverridesParser.create().parse_overrides(list(overrides)):
            OmegaConf.update(changed, override.key_or_group, override.value(), force_add=True)
        plain = OmegaConf.to_container(changed, resolve=True)
    except HydraException as error:
        raise UserError(f"{first_line(error)}; expected key=value") from error
    except OmegaConfBaseException as error:
        raise UserError(f"{' '.join(overrides)} cannot be applied: {first_line(error)}") from error
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


def literal(value: Any) -> Any:
    r"""A plain value such that OmegaConf resolves it to itself: `${` is written `\${`."""
    if isinstance(value, str):
        return _INTERPOLATION.sub(lambda found: rf"{found[1] * 2}\${{", value)
    if isinstance(value, dict):
        return {key: literal(inner) for key, inner in value.items()}
    return [literal(inner) for inner in value] if isinstance(value, list) else value
