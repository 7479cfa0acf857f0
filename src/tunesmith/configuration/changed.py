"""A completed run's config with another dataset or other settings, for `evaluate` and `predict`."""

from collections.abc import Sequence

from tunesmith.configuration import Config
from tunesmith.configuration.checks.check import check
from tunesmith.configuration.compose import compose
from tunesmith.configuration.saved import apply


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
    config = config | {"regularization": {}, "callbacks": {}, "logger": {}}
    if any(word.startswith("dataset=") for word in overrides):
        chosen = [word for word in overrides if word.startswith("dataset")]
        dataset = compose(chosen)["dataset"]
        if dataset.get("train") == "???":  # not needed without training
            dataset["train"] = None
        set_keys = [word.lstrip("+").split("=", 1)[0] for word in chosen]
        for key in ("max_length", "stride"):  # the model keeps its window settings unless they are overridden
            if key in dataset and key in config["dataset"] and f"dataset.{key}" not in set_keys:
                dataset[key] = config["dataset"][key]
        config = config | {"dataset": dataset}
        overrides = [word for word in overrides if word not in chosen]
    config = apply(config, overrides)
    check(config)
    return config
