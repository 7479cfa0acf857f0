"""The contracts hold for tunesmith's own classes: mypy checks `shipped.py`, which lists every class that a YAML names."""

import importlib
import inspect

import pytest

from tunesmith.configuration import schema, targets
from tunesmith.configuration.choices import choices, conf_folder
from tunesmith.configuration.plain_yaml import load
from tunesmith.contracts import protocols, shipped
from tunesmith.contracts.methods import missing_methods, offers_without_method, wrong_constructor

LISTED = {"head": shipped.HEADS, "callbacks": shipped.CALLBACKS, "logger": shipped.LOGGERS}
LISTED |= {"optimizer": shipped.OPTIMIZERS, "scheduler": shipped.SCHEDULES}


def of_the_yamls(group):
    nodes = [load(file.read_text()) for file in choices(group, [conf_folder()]).values()]
    found = [node if "_target_" in node else next(v for v in node.values() if "_target_" in v) for node in nodes]
    return {targets.load(node["_target_"], group=group) for node in found}


@pytest.mark.parametrize("group", LISTED)
def test_every_choice_is_listed(group):
    assert of_the_yamls(group) == set(LISTED[group])


@pytest.mark.parametrize("part,listed", [("source", shipped.SOURCES), ("task", shipped.TASKS)])
def test_every_source_and_task_is_listed(part, listed):
    names = set()
    for file in (conf_folder() / "dataset").glob("*.yaml"):
        if part in (node := load(file.read_text())):
            names.add(targets.part_target(node[part], group=part))
    assert names == {f"{kind.__module__}.{kind.__qualname__}" for kind in listed}


@pytest.mark.parametrize(
    "kinds,contract,optional,positional",
    [
        (shipped.HEADS, protocols.Head, protocols.HeadMay, ("backbone", "task")),
        (shipped.TASKS, protocols.Task, protocols.TaskMay, ()),
        (shipped.SOURCES, protocols.Source, protocols.SourceMay, ()),
    ],
)
def test_the_check_of_plugins_refuses_none_of_them(kinds, contract, optional, positional):
    for kind in kinds:
        assert not list(missing_methods(kind, contract, optional=optional))
        assert not list(wrong_constructor(kind, positional))
        assert not list(offers_without_method(kind))


def test_regularizers_override_with_the_arguments_of_the_base_class():
    from tunesmith.regularizers.regularizer import Regularizer

    for name in set(choices("regularization", [conf_folder()])) - {"none"}:
        module = importlib.import_module(f"tunesmith.regularizers.{name}")
        (kind,) = [
            part
            for part in vars(module).values()
            if inspect.isclass(part) and issubclass(part, Regularizer) and part.__module__ == module.__name__
        ][-1:]
        assert not list(missing_methods(kind, Regularizer)), kind


def test_constants_of_the_contract_are_read_as_text():
    for kind in shipped.HEADS:
        constants = schema.read_signature(f"{kind.__module__}.{kind.__qualname__}").constants
        assert constants["task"] and "offers" in constants, kind
