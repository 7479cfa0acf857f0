"""Instantiates configuration nodes whose targets and settings have been checked."""

import functools
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tunesmith.configuration import Config, schema
from tunesmith.configuration.plugin_errors import explained
from tunesmith.configuration.source_files import source_file
from tunesmith.errors import UserError

SINGLE = ("backbone", "head", "optimizer", "scheduler", "trainer")  # groups with one choice
SEVERAL = ("regularization", "callbacks", "logger")  # groups with several choices, each under its own key


@dataclass(frozen=True)
class Factories:
    """The configured objects of each group, as callables that take only their positional arguments."""

    backbone: Callable[..., Any]
    head: functools.partial[Any]
    optimizer: functools.partial[Any]
    scheduler: Callable[..., Any]
    trainer: Callable[..., Any]
    regularization: list[Callable[..., Any]]
    callbacks: list[Callable[..., Any]]
    logger: list[Callable[..., Any]]

    @classmethod
    def of(cls, config: Config) -> "Factories":
        """Import every target of a config.

        Raises:
            UserError: if a target is outside its group's packages.
        """
        one: dict[str, Any] = {group: factory(config[group], group=group) for group in SINGLE}
        several: dict[str, Any] = {
            group: [factory(node, group=group) for node in config[group].values()] for group in SEVERAL
        }
        return cls(**one, **several)


def factory(node: Mapping[str, Any], *, group: str) -> "functools.partial[Any]":
    """A node's `_target_` with the node's settings, to be called with its positional arguments.

    Raises:
        UserError: if the target is outside the group's packages.
    """
    settings = {key: value for key, value in node.items() if key != "_target_"}
    return functools.partial(load(node["_target_"], group=group), **settings)


def build_part(dataset: Mapping[str, Any], group: str) -> Any:
    """The source or the task of a dataset: both take their settings from its one flat node."""
    target = part_target(dataset[group], group=group)
    settings = schema.signature(target, group=group).settings
    return load(target, group=group)(**{key: dataset[key] for key in settings})


def part_target(name: str, *, group: str) -> str:
    """The class of a dataset's `source: demo_reviews`: `tunesmith.data.sources.demo_reviews.DemoReviews`."""
    if "." in name:  # a class from a trusted package of the user
        return name
    return f"tunesmith.{schema.PACKAGES[group]}.{name}.{''.join(word.title() for word in name.split('_'))}"


def load(target: str, *, group: str) -> Any:
    """Import the class or function that a target names.

    Raises:
        UserError: if it is outside the group's packages, if a plugin cannot be imported, or if another file than the one that
            was checked is imported.
    """
    schema.signature(target, group=group)
    module, _, name = target.rpartition(".")
    with explained():
        imported = importlib.import_module(module)
    expected, received = source_file(module), getattr(imported, "__file__", None)
    if expected is None or received is None or not expected.samefile(received):
        raise UserError(f"{target} was checked in {expected}, but Python imports {received}; remove one of the two")
    return getattr(imported, name)
