"""`tunesmith evaluate`: scores a completed run, on its own data or on other data."""

import contextlib
from pathlib import Path
from typing import Any

from tunesmith.commands.arguments import RunArguments
from tunesmith.configuration import Config
from tunesmith.configuration.changed import scored_data
from tunesmith.training import logging_setup


def run(arguments: list[str]) -> int:
    """Score the run and print the scores; with output=DIR, write them and the predictions."""
    given = RunArguments.parse(arguments, optional=["output"])
    config, metrics = scored(given)
    from tunesmith.runs.score_table import print_label_scores, print_scores, warn_of_undefined
    from tunesmith.runs.scores import LABELS, numbers

    scores = numbers(metrics)
    own_data = not any(word.startswith("dataset") for word in given.settings)
    examples = given.run.recorded.rows if own_data else {}  # of other data the number is not at hand here
    print_scores(scores, title=str(given.run.path), first=config["dataset"]["metrics"], examples=examples)
    print_label_scores(metrics.get(LABELS, {}))
    warn_of_undefined(scores)
    if (output := given.values.get("output")) is not None:
        written = Path(output).expanduser()
        print(f"Written: {written / 'metrics.json'}, {written / 'predictions'}")
    return 0


def scored(given: RunArguments) -> tuple[Config, dict[str, Any]]:
    """The config that a run is scored with, and the content of metrics.json; written to output=DIR, if that is given.

    Raises:
        UserError: for wrong settings, and data that cannot be read as the run's.
    """
    config = scored_data(given.run.config(), given.settings)
    logging_setup.configure_libraries()
    logging_setup.log_to(None)
    from tunesmith.storage.new_folder import new_folder
    from tunesmith.training.evaluate import evaluate

    output = given.values.get("output")
    with contextlib.nullcontext() if output is None else new_folder(output) as folder:
        return config, evaluate(given.run, config, output=folder)
