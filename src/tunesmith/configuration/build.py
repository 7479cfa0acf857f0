"""Objects from configuration nodes, after their targets and settings have been checked."""

import importlib
from collections.abc import Mapping
from typing import Any

from tunesmith.configuration import schema


def build(node: Mapping[str, Any], *positional: Any, group: str) -> Any:
    """Call the node's `_target_` with `positional` and the node's settings.

    Raises:
        UserError: if the target is outside the group's packages.
    """
    schema.signature(node["_target_"], group=group)
    settings = {key: value for key, value in node.items() if key != "_target_"}
    return load(node["_target_"])(*positional, **settings)


def build_all(nodes: Mapping[str, Any], *positional: Any, group: str) -> list[Any]:
    """An object for each node of a group that takes several choices."""
    return [build(node, *positional, group=group) for node in nodes.values()]


def build_part(dataset: Mapping[str, Any], group: str) -> Any:
    """The source or the task of a dataset: both take their settings from the one flat node."""
    target = part_target(dataset[group], group=group)
    return load(target)(**{key: dataset[key] for key in schema.signature(target, group=group).settings})


def part_target(name: str, *, group: str) -> str:
    """The class of a dataset's `source: demo_reviews`: `tunesmith.data.sources.demo_reviews.DemoReviews`."""
    if "." in name:  # a class of a trusted package of the user's own
        return name
    return f"tunesmith.{schema.PACKAGES[group]}.{name}.{''.join(word.title() for word in name.split('_'))}"


def load(target: str) -> Any:
    """Import the class or function that a checked target names."""
    module, _, name = target.rpartition(".")
    return getattr(importlib.import_module(module), name)
