"""The classes of plugins in a config, each against its contract before anything is read or trained; tunesmith's own are tested."""

import inspect
from collections.abc import Iterator
from typing import Any

from tunesmith.configuration import Config, own_metrics, targets
from tunesmith.configuration.plugin_errors import explained
from tunesmith.configuration.stages import stages
from tunesmith.configuration.targets import SEVERAL
from tunesmith.errors import UserError
from tunesmith.errors.messages import full_name

_ARGUMENTS = {  # that each kind is made from by position
    "head": ("backbone", "task"),
    "source": (),
    "task": (),
    "regularization": (),
    "callbacks": ("folder", "monitor", "mode"),
    "logger": ("folder", "config", "step"),
    "optimizer": ("groups", "fused"),
    "scheduler": ("total",),
}


def check_classes(config: Config) -> None:
    """Import the classes of plugins that a config and its stages name, and compare them with their contracts.

    Nothing is imported for a config that names none.

    Raises:
        UserError: with everything that they lack.
    """
    mistakes = [mistake for part in (*stages(config), config) for mistake in _mistakes(part)]
    if mistakes:
        raise UserError(list(dict.fromkeys(mistakes)))


def named(config: Config) -> list[tuple[str, str]]:
    """(group, target) of each class of a plugin that one config names; `source` and `task` are groups here."""
    found = [(group, config[group]["_target_"]) for group in ("head", "optimizer", "scheduler")]
    found += [(group, node["_target_"]) for group in SEVERAL for node in config[group].values()]
    found += [(group, targets.part_target(config["dataset"][group], group=group)) for group in ("source", "task")]
    return [(group, target) for group, target in found if not target.startswith("tunesmith.")]


def _mistakes(config: Config) -> Iterator[str]:
    for group, target in named(config):
        with explained():
            loaded = targets.load(target, group=group)
        found = list(_of_class(loaded, group))
        yield from found
        if group in ("optimizer", "scheduler") and not found:
            from tunesmith.contracts import optimization

            tried = optimization.of_optimizer if group == "optimizer" else optimization.of_schedule
            yield from tried(config[group])
        if group in ("source", "task") and not found:
            from tunesmith.contracts import protocols
            from tunesmith.contracts.methods import missing_attributes

            with explained():
                made = targets.build_part(config["dataset"], group)
            yield from missing_attributes(made, protocols.Source if group == "source" else protocols.Task)
    for name in filter(own_metrics.is_own, config["dataset"]["metrics"]):
        from tunesmith.metrics import own

        with explained():
            yield from own.mistakes(name, problem=config["dataset"].get("problem"))


def _of_class(loaded: Any, group: str) -> Iterator[str]:
    import pytorch_lightning as pl
    from torch import nn

    from tunesmith.contracts import protocols
    from tunesmith.contracts.methods import (
        missing_methods,
        never_called,
        offers_without_method,
        overrides_nothing,
        wrong_constructor,
    )
    from tunesmith.regularizers.regularizer import Regularizer

    yield from wrong_constructor(loaded, _ARGUMENTS[group])
    name = full_name(loaded)
    base = {"head": nn.Module, "regularization": Regularizer, "source": object, "task": object}.get(group)
    if base is not None and not (inspect.isclass(loaded) and issubclass(loaded, base)):
        kind = full_name(base)
        yield (
            f"{name} is no class that is derived from {kind}; expected one"
            if base is not object
            else f"{name} is no class"
        )
        return
    if group == "head":
        yield from missing_methods(loaded, protocols.Head, optional=protocols.HeadMay)
        yield from offers_without_method(loaded)
    elif group == "regularization":
        yield from missing_methods(loaded, Regularizer)
        yield from overrides_nothing(loaded, Regularizer)
        yield from never_called(loaded, pl.Callback)
    elif group == "source":
        yield from missing_methods(loaded, protocols.Source, optional=protocols.SourceMay)
    elif group == "task":
        yield from missing_methods(loaded, protocols.Task, optional=protocols.TaskMay)
    elif group == "callbacks" and inspect.isclass(loaded) and issubclass(loaded, pl.Callback):
        yield from overrides_nothing(loaded, pl.Callback)
        yield from never_called(loaded, pl.Callback)
    elif group == "logger" and inspect.isclass(loaded):
        yield from missing_methods(loaded, protocols.Logger, optional=protocols.LoggerMay)
