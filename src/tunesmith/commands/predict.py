"""`tunesmith predict`: predictions of a completed run for new texts."""

import sys
from collections.abc import Sequence

from tunesmith.commands.arguments import RunArguments
from tunesmith.configuration import Config, schema
from tunesmith.configuration.changed import changed
from tunesmith.configuration.checks.keys import mistakes
from tunesmith.configuration.saved import apply
from tunesmith.errors import UserError
from tunesmith.training import logging_setup

OF_INPUT = ("encoding", "delimiter", "quoting")  # settings of dataset=csv that say how a file is read


def run(arguments: list[str]) -> int:
    """Write the predictions and print their number."""
    given = RunArguments.parse(arguments, required=("input", "output"))
    config = _with_reading(given.run.config(), given.settings)
    logging_setup.configure_libraries()
    logging_setup.log_to(None)
    from tunesmith.prediction.predict import predict

    output = given.values["output"]
    count = predict(given.run, config, input=given.values["input"], output=output)
    print(f"{count:,} prediction{'s' * (count != 1)}: {output}", file=sys.stderr)
    return 0


def _with_reading(config: Config, settings: Sequence[str]) -> Config:
    """The config with changes; how the input is read can be set even if the run's own data is no file."""
    names = [f"dataset.{name}" for name in OF_INPUT]
    of_input = [word for word in settings if word.lstrip("+").partition("=")[0] in names]
    config = apply(changed(config, [word for word in settings if word not in of_input]), of_input)
    known = schema.read_signature("tunesmith.data.sources.csv.Csv").settings
    given = {name: config["dataset"][name] for name in OF_INPUT if name in config["dataset"]}
    if wrong := mistakes(given, {name: known[name] for name in given}, path="dataset"):
        raise UserError(wrong)
    return config
