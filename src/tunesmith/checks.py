"""Everything that can be known to be wrong before any weights load, found without importing any heavy library."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from tunesmith import build, schema
from tunesmith.backbones import objectives
from tunesmith.backbones.model_config import family_of, positions
from tunesmith.choices import choices, conf_folder
from tunesmith.config import Config
from tunesmith.data.labels import Problem
from tunesmith.errors import UserError, did_you_mean
from tunesmith.monitor import watched
from tunesmith.ranges import Seed
from tunesmith.stages import in_stage, origin, stages

SINGLE = ("backbone", "head", "optimizer", "scheduler", "trainer")  # groups of one choice
SEVERAL = ("regularization", "callbacks", "logger")  # groups of several, each under its own key
ROOT: dict[str, Any] = {"seed": Seed, "output_dir": str, "name": str | None, "monitor": str | None}
BATCHING = "tunesmith.data.module.TextDataModule"


def check(config: Config) -> None:
    """Check settings, and how the groups fit together.

    Raises:
        UserError: with all mistakes.
    """
    found = [mistake for stage in stages(config) for mistake in in_stage(stage, _mistakes(stage))]
    found += _mistakes(config)
    if found:
        raise UserError(found)


def _mistakes(config: Config) -> list[str]:
    found = list(_settings(config))
    if not found:
        found = [*_fits(config), *_lengths(config)]
    return found


def from_the_hub(dataset: Mapping[str, Any]) -> bool:
    """Whether the data has to be fetched before it can be checked."""
    return dataset["source"] == "hub" and not os.path.isdir(dataset["path"])  # noqa: PTH112 - a dataset's name may be no path


def _settings(config: Config) -> Iterator[str]:
    group_names = ("dataset", *SINGLE, *SEVERAL)
    known = [*ROOT, *group_names]
    for key in config:
        if key not in known:
            yield f"unknown key {key}{did_you_mean(key, known + _paths(config))}"
    yield from schema.mistakes({key: config[key] for key in ROOT if key in config}, ROOT, path="")
    for group in group_names:
        if not isinstance(config.get(group), dict):
            yield f"{group} is {config.get(group)!r}; expected a group of settings: {group}=<choice>, see tunesmith list {group}"
        elif group == "dataset":
            yield from _dataset_settings(config[group])
        elif group in SINGLE:
            yield from _node(config[group], group=group, path=group)
        else:
            for name, node in config[group].items():
                if isinstance(node, dict):
                    yield from _node(node, group=group, path=f"{group}.{name}")
                else:
                    yield f"unknown key {group}.{name}{did_you_mean(str(name), config[group])}"


def _paths(config: Config) -> list[str]:
    return [f"{group}.{key}" for group, node in config.items() if isinstance(node, dict) for key in node]


def _node(node: Mapping[str, Any], *, group: str, path: str) -> Iterator[str]:
    if not isinstance(node.get("_target_"), str):
        yield f"unknown key {path}: no choice of {group} that was made has this name; choose it: {group}=[...,{path.rpartition('.')[2]}]"
        return
    try:
        settings = schema.signature(node["_target_"], group=group).settings
    except UserError as error:
        yield f"{path}._target_: {error}"
        return
    yield from schema.mistakes({key: value for key, value in node.items() if key != "_target_"}, settings, path=path)


def _dataset_settings(dataset: Mapping[str, Any]) -> Iterator[str]:
    settings: dict[str, Any] = {}
    for group in ("source", "task"):
        if not isinstance(dataset.get(group), str):
            yield f"dataset.{group} is {dataset.get(group)!r}; expected a name, such as {'csv' if group == 'source' else 'text_classification'}"
            return
        try:
            settings |= schema.signature(build.part_target(dataset[group], group=group), group=group).settings
        except UserError as error:
            yield f"dataset.{group}={dataset[group]}: {error}"
            return
    settings |= schema.read_signature(BATCHING).settings
    yield from schema.mistakes(
        {k: v for k, v in dataset.items() if k not in ("source", "task")}, settings, path="dataset"
    )


def constants(node: Mapping[str, Any], *, group: str) -> Mapping[str, Any]:
    """The literal class constants of a node's target."""
    return schema.signature(node["_target_"], group=group).constants


def _fits(config: Config) -> Iterator[str]:
    dataset, head = config["dataset"], constants(config["head"], group="head")
    if head["task"] != dataset["task"]:
        yield (
            f"head {config['head']['_target_'].rpartition('.')[2]} serves the task {head['task']}, but the dataset's task is "
            f"{dataset['task']}; choose {' or '.join(_heads_for(dataset['task'])) or 'another dataset'}"
        )
    if "objective" in head:
        yield from objectives.mistakes(head["objective"], family_of(origin(config)))
    for name, node in config["regularization"].items():
        regularizer = constants(node, group="regularization")
        for need in regularizer.get("needs", ()):
            if need not in head["offers"]:
                yield f"regularization {name} needs a head with {need}, which {config['head']['_target_']} has not; drop {name} or choose another head"
        problem = dataset.get("problem")
        if problem is not None and problem not in regularizer.get("problems", get_args(Problem)):
            yield f"regularization {name} is for {' and '.join(regularizer['problems'])} datasets, but dataset.problem is {problem}; drop {name}"
    if (dataset["batch_size"] is None) == (dataset["max_tokens"] is None):
        yield "dataset.batch_size and dataset.max_tokens: expected one of them, received both or none; set the other to null"
    else:
        yield from _batch_mistakes(dataset, head.get("smallest_batch", 1))
    scheduler = config["scheduler"]
    if scheduler.get("warmup_steps") is not None and scheduler.get("warmup_ratio") is not None:
        yield "scheduler.warmup_steps and scheduler.warmup_ratio are both set; set one of them to null (scheduler.warmup_ratio=null)"
    yield from _task_mistakes(dataset, config["monitor"])


def _batch_mistakes(dataset: Config, smallest: int) -> Iterator[str]:
    """Batches that are smaller than what a head can learn from."""
    size, tokens, length = (dataset[key] for key in ("batch_size", "max_tokens", "max_length"))
    if size is not None and size < smallest:
        yield f"dataset.batch_size is {size}, but the head tells an example from the others of its batch: in-batch negatives need {smallest} or more"
    if tokens is not None and tokens < smallest * length:
        needed = "one example" if smallest == 1 else f"{smallest} examples"
        yield f"dataset.max_tokens is {tokens}, less than {needed} of dataset.max_length={length} tokens"


def _heads_for(task: str) -> Iterator[str]:
    """Choices that serve a task, as they are typed."""
    for choice, file in choices("head", [conf_folder()]).items():
        target = re.search(r"^_target_: *(\S+)", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if target and schema.signature(target[1], group="head").constants.get("task") == task:
            yield f"head={choice}"


def _task_mistakes(dataset: Config, monitor: str | None) -> Iterator[str]:
    task = schema.signature(build.part_target(dataset["task"], group="task"), group="task").constants
    scores = (
        task["scores"].get(dataset.get("problem"), ())
        if isinstance(task.get("scores"), dict)
        else task.get("scores", ())
    )
    for metric in dataset["metrics"]:
        if metric not in scores:
            yield f"dataset.metrics: {metric} is no score of a {dataset.get('problem', dataset['task'])} dataset{did_you_mean(metric, scores)} (scores: {', '.join(scores)})"
    if not dataset["metrics"]:
        yield "dataset.metrics is empty; expected at least one score"
    possible = watched(dataset)
    if monitor is not None and monitor not in possible:
        yield f"monitor is {monitor}, which is never logged{did_you_mean(monitor, possible)} (logged: {', '.join(possible)})"


def _lengths(config: Config) -> Iterator[str]:
    backbone, max_length = config["backbone"], config["dataset"]["max_length"]
    limit = positions(backbone)
    if limit is not None and max_length > limit:
        name = backbone.get("name", backbone.get("family"))
        yield f"dataset.max_length is {max_length}, but {name} allows {limit} tokens; set dataset.max_length<={limit}"
