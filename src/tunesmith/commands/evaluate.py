"""`tunesmith evaluate`: scores a completed run, on its own data or on other data."""

import contextlib
from pathlib import Path
from typing import Any

from tunesmith.commands.arguments import RunArguments
from tunesmith.configuration import Config
from tunesmith.configuration.changed import scored_data
from tunesmith.configuration.monitor import score_names
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line
from tunesmith.training import logging_setup


def run(arguments: list[str]) -> int:
    """Score the run and print the scores; with output=DIR, write them and the predictions."""
    given = RunArguments.parse(arguments, optional=["output", "wandb"])
    wandb = _wandb_settings(given)
    config, metrics = scored(given)
    from tunesmith.runs.score_table import print_label_scores, print_scores, warn_of_undefined
    from tunesmith.runs.scores import LABELS, numbers

    scores = numbers(metrics)
    own_data = not any(word.startswith("dataset") for word in given.settings)
    examples = given.run.recorded.rows if own_data else {}  # of other data the number is not at hand here
    print_scores(scores, title=str(given.run.path), first=score_names(config["dataset"]), examples=examples)
    print_label_scores(metrics.get(LABELS, {}))
    warn_of_undefined(scores)
    if (output := given.values.get("output")) is not None:
        written = Path(output).expanduser()
        print(f"Written: {written / 'metrics.json'}, {written / 'predictions'}")
        if wandb is not None:
            _log(given, config, scores, written, settings=wandb, arguments=arguments)
    return 0


def _wandb_settings(given: RunArguments) -> Config | None:
    """The settings of the run's W&B logger if wandb=true is given, else None.

    Raises:
        UserError: if it cannot be done.
    """
    from tunesmith.loggers.wandb_recorded import settings_of

    wanted = given.values.get("wandb", "false")
    settings = settings_of(given.run.config()) if wanted == "true" else None
    mistakes = [f"wandb={wanted}; expected true or false"] if wanted not in ("true", "false") else []
    if wanted == "true" and "output" not in given.values:
        mistakes.append("wandb=true needs output=DIR, where the files of Weights & Biases go")
    if wanted == "true" and settings is None:
        mistakes.append(
            f"wandb=true, but {given.run.path} was not logged to Weights & Biases; expected logger=wandb in its config: "
            "leave wandb=true out"
        )
    if mistakes:
        raise UserError(mistakes)
    return settings


def _log(
    given: RunArguments,
    config: Config,
    scores: dict[str, float],
    output: Path,
    *,
    settings: Config,
    arguments: list[str],
) -> None:
    """Log the scores; whatever is wrong with W&B is one line, for they are written."""
    from tunesmith.loggers.wandb_evaluation import log_evaluation

    print(f"Weights & Biases: {settings['entity'] or 'the default account'}, project {settings['project']}", flush=True)
    try:
        address = log_evaluation(
            given.run,
            config,
            scores,
            output,
            settings=settings,
            arguments=["evaluate", *arguments],
        )
    except Exception as error:
        print(f"Weights & Biases failed: {first_line(error)}; the scores are in {output} only", flush=True)
    else:
        print(f"Logged: {address or f'offline, tunesmith sync {output} sends it'}", flush=True)


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
