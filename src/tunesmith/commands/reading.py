"""How the input of `predict` and `attention` is read can be set even if the run's own data is no file."""

from collections.abc import Sequence

from tunesmith.configuration import Config, schema
from tunesmith.configuration.changed import changed
from tunesmith.configuration.checks.keys import mistakes
from tunesmith.configuration.saved import apply
from tunesmith.errors import UserError

OF_INPUT = ("encoding", "delimiter", "quoting")  # settings of dataset=csv that say how a file is read


def with_reading(config: Config, settings: Sequence[str]) -> Config:
    """The config of a run with the command line's changes.

    Raises:
        UserError: for settings that do not exist or have wrong values.
    """
    names = [f"dataset.{name}" for name in OF_INPUT]
    of_input = [word for word in settings if word.lstrip("+").partition("=")[0] in names]
    config = apply(changed(config, [word for word in settings if word not in of_input]), of_input)
    known = schema.read_signature("tunesmith.data.sources.csv.Csv").settings
    given = {name: config["dataset"][name] for name in OF_INPUT if name in config["dataset"]}
    if wrong := mistakes(given, {name: known[name] for name in given}, path="dataset"):
        raise UserError(wrong)
    return config
