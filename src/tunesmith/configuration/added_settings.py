"""Settings that a later version added: earlier runs, which lack them, keep their ids and can be used."""

from collections.abc import Iterator
from typing import Any

from tunesmith.configuration import Config, schema
from tunesmith.configuration.targets import part_target
from tunesmith.errors import UserError

# The setting, and the value that gives what every run did before there was the setting.
ADDED: dict[str, Any] = {
    "dataset.encoding": None,
    "dataset.delimiter": None,
    "dataset.quoting": None,
    "dataset.offsets": None,
    "dataset.scheme": None,
    "dataset.suffix": False,
    "optimizer.bias_correction": True,
    "callbacks.checkpoint.save_model": True,
    "regularization.mixout.mask": "elements",
    "logger.wandb.timeout_seconds": 30,
    "logger.wandb.worst_errors": 0,
    "logger.wandb.upload_model": False,
    "logger.wandb.upload_patch": False,
    "logger.wandb.upload_report": False,
    "trainer.on_nonfinite": "stop",
    "trainer.max_rollbacks": 3,
}


def without_added(config: Config) -> Config:
    """A copy of a config without the added settings that have the former behaviour, for the run id."""
    kept = dict(config)
    for path, former in ADDED.items():
        *groups, key = path.split(".")
        node: Any = kept
        for group in groups:
            if not isinstance(node.get(group), dict):
                break
            node[group] = dict(node[group])
            node = node[group]
        else:
            if key in node and node[key] == former:
                del node[key]
    return kept


def with_added(config: Config) -> Config:
    """A copy of a saved config, and of its stages, with the added settings that it lacks."""
    filled = dict(config)
    backbone = config.get("backbone")
    if isinstance(backbone, dict) and isinstance(backbone.get("after"), dict):
        filled["backbone"] = backbone | {"after": with_added(backbone["after"])}
    for path, former in ADDED.items():
        *groups, key = path.split(".")
        node: Any = config
        for group in groups:
            node = node.get(group) if isinstance(node, dict) else None
        if isinstance(node, dict) and key not in node and key in _settings(groups[0], node):
            _set(filled, groups, key, former)
    return filled


def _settings(group: str, node: Config) -> set[str]:
    """The settings that the targets of a node have."""
    try:
        return {
            name for target, part in _targets(group, node) for name in schema.signature(target, group=part).settings
        }
    except UserError:  # a target that the checks will refuse
        return set()


def _targets(group: str, node: Config) -> Iterator[tuple[str, str]]:
    if group == "dataset":
        for part in ("source", "task"):
            if isinstance(node.get(part), str):
                yield part_target(node[part], group=part), part
    elif isinstance(node.get("_target_"), str):
        yield node["_target_"], group


def _set(config: Config, groups: list[str], key: str, value: Any) -> None:
    for group in groups:
        config[group] = dict(config[group])
        config = config[group]
    config[key] = value
