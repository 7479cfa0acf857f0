"""A completed run's config with other data or other settings, for `evaluate` and `predict`."""

from collections.abc import Iterable, Sequence

from tunesmith.configuration import Config, schema
from tunesmith.configuration.checks.check import check
from tunesmith.configuration.compose import compose
from tunesmith.configuration.saved import apply
from tunesmith.configuration.targets import part_target
from tunesmith.errors import UserError

_NO_FILES: Config = {"train": None, "validation": None, "test": None, "more": {}}  # the settings of splits


def changed(config: Config, overrides: Sequence[str]) -> Config:
    """The config with overrides applied, checked.

    Groups that only training reads are dropped, so that runs of earlier versions, which lack settings there, stay
    usable.

    Args:
        config: the run's config.
        overrides: `dataset=choice` and `key=value`.

    Raises:
        UserError: with all mistakes.
    """
    config = config | {"regularization": {}, "callbacks": {}, "logger": {}, "monitor": None}
    if any(word.startswith("dataset=") for word in overrides):
        chosen = [word for word in overrides if word.startswith("dataset")]
        config = config | {"dataset": _other_data(config["dataset"], compose(chosen)["dataset"], _set_keys(chosen))}
        overrides = [word for word in overrides if word not in chosen]
    config = apply(config, overrides)
    check(
        config | {"name": None}
    )  # nothing is written to its folder, which an earlier version may have named otherwise
    return config


def scored_data(config: Config, overrides: Sequence[str]) -> Config:
    """The same for scoring: only the splits that were given, and never the training split.

    Another file for a split of the run's dataset is other data too: the other splits are not scored then.

    Raises:
        UserError: with all mistakes, or if there is nothing to score.
    """
    new = changed(config, overrides)
    dataset = dict(new["dataset"])
    given = _set_keys(overrides) & set(_NO_FILES)
    chosen = any(word.startswith("dataset=") for word in overrides)
    if given and not chosen:
        dataset |= {key: none for key, none in _NO_FILES.items() if key in dataset and key not in given}
    if "train" in dataset:
        if given or chosen or dataset["validation"] is not None:
            dataset["train"] = None  # no rows are held out of it, and its file may be gone
        if not any(dataset.get(key) for key in _NO_FILES):
            raise UserError("evaluate has nothing to score; set dataset.test=FILE or dataset.validation=FILE")
    return new | {"dataset": dataset}


def _other_data(dataset: Config, other: Config, keys: set[str]) -> Config:
    """Another dataset's source, files and columns, with the run's settings of the task except those in `keys`."""
    if other.get("train") == "???":  # not needed without training
        other["train"] = None
    if other["task"] != dataset["task"]:
        return other  # the checks refuse it
    source = schema.signature(part_target(other["source"], group="source"), group="source").settings
    task = schema.signature(part_target(other["task"], group="task"), group="task").constants
    data = {"source", *source, *task.get("data_settings", ())}
    return other | {key: dataset[key] for key in other if key in dataset and key not in data | keys}


def _set_keys(overrides: Iterable[str]) -> set[str]:
    """The settings of the dataset that are overridden, such as `max_length`."""
    paths = [word.lstrip("+").partition("=")[0].split(".") for word in overrides]
    return {path[1] for path in paths if path[0] == "dataset" and len(path) > 1}
