"""Resolved configs: write as YAML text, parse, and apply overrides. What is saved is never resolved again."""

import copy
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config, plain_yaml
from tunesmith.configuration.added_settings import with_added
from tunesmith.configuration.override_quoting import quoted_form
from tunesmith.configuration.overrides import parsed
from tunesmith.configuration.targets import SEVERAL, SINGLE
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line

_INTERPOLATION = re.compile(r"(\\*)\$\{")


def parse(text: str, file: Path) -> Config:
    """The resolved config in the text of a file that a run saved.

    Raises:
        UserError: if it contains no config.
    """
    try:
        config = plain_yaml.load(text)
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
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    if not overrides:
        return copy.deepcopy(config)
    given, mistakes = parsed(overrides, expected="key=value")
    mistakes += [
        f"{override.input_line!r} is not one value for one key; expected key=value{quoted_form(override.input_line)}"
        for override in given
        if override.is_sweep_override() or override.is_delete() or override.package is not None
    ]
    if mistakes:
        raise UserError(mistakes)
    changed = OmegaConf.create(literal(config), max_yaml_expanded_nodes=None)
    try:
        for override in given:
            OmegaConf.update(changed, override.key_or_group, override.value(), force_add=True)
        plain = OmegaConf.to_container(changed, resolve=True)
    except (OmegaConfBaseException, AssertionError, TypeError, ValueError) as error:
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
