"""A finished run's config with another dataset or other settings, for `evaluate` and `predict`."""

from collections.abc import Sequence

from tunesmith.configuration import Config
from tunesmith.configuration.checks.check import check
from tunesmith.configuration.compose import compose
from tunesmith.configuration.saved import apply


def changed(config: Config, overrides: Sequence[str]) -> Config:
    """The config, changed and checked.

    What only training reads is left out: a run of an earlier version, which lacks a setting there, can still be used.

    Args:
        config: the run's.
        overrides: `dataset=choice` and `key=value`.

    Raises:
        UserError: with all mistakes.
    """
    config = config | {"regularization": {}, "callbacks": {}, "logger": {}}
    if any(word.startswith("dataset=") for word in overrides):
        chosen = [word for word in overrides if word.startswith("dataset")]
        dataset = compose(chosen)["dataset"]
        if dataset.get("train") == "???":  # nothing is trained here
            dataset["train"] = None
        named = [word.lstrip("+").split("=", 1)[0] for word in chosen]
        for key in ("max_length", "stride"):  # the model's windows stay what they were unless they are set
            if key in dataset and key in config["dataset"] and f"dataset.{key}" not in named:
                dataset[key] = config["dataset"][key]
        config = config | {"dataset": dataset}
        overrides = [word for word in overrides if word not in chosen]
    config = apply(config, overrides)
    check(config)
    return config
