"""`tunesmith check`: composes the config and checks settings and data, without training."""

import json
import sys
from typing import Any

from tunesmith.commands.arguments import TrainArguments
from tunesmith.configuration import Config
from tunesmith.configuration.checks.dropped import dropped_defaults
from tunesmith.configuration.stages import in_stage, origin, stages
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line
from tunesmith.errors.narrow import fitted

_MODELS = 200  # of a sweep, built without weights; one takes 20 to 100 ms


def run(arguments: list[str]) -> int:
    """Check settings and data of a run and its previous stages, and print a summary."""
    given = TrainArguments.parse(arguments)
    if given.multirun:
        from tunesmith.sweeps.sweep import plan

        planned = plan(given.overrides, config_dir=given.config_dir)
        print(f"Settings and data are valid: {planned.described}.")
        for line in planned.warnings:
            print(line)
        sys.stdout.flush()  # what follows imports torch
        _build_models([job.config for job in planned.jobs])
        return 0
    config = given.config()
    if config is None:
        return 0
    from tunesmith.training import logging_setup

    logging_setup.configure_libraries()  # before a plugin's class imports them
    from tunesmith.configuration.checks.check import check
    from tunesmith.contracts.classes import check_classes
    from tunesmith.data.survey.survey import from_the_hub, mistakes_in

    check(config)
    check_classes(config)
    for stage in stages(config):
        if found := mistakes_in(stage["dataset"]):
            raise UserError(in_stage(stage, found))
    if from_the_hub(config["dataset"]):
        print("Settings are valid. The data is on the Hugging Face Hub and is checked when it is loaded.")
        dataset = None
    else:
        dataset = _describe(config)
    for line in dropped_defaults(config):
        print(line)
    if dataset is not None:
        sys.stdout.flush()  # what follows imports torch
        _list_parameters(config, dataset)
    return 0


def _build_models(configs: list[Config]) -> None:
    """Build each different model of a sweep without weights, as far as its backbone is here.

    Raises:
        UserError: with what the models refuse, each once.
    """
    from tunesmith.data.survey.survey import from_the_hub, surveyed
    from tunesmith.training import outline

    parts = ("backbone", "head", "regularization", "dataset")
    different = {json.dumps([config[part] for part in parts], sort_keys=True): config for config in configs}
    here = [
        config
        for config in different.values()
        if not from_the_hub(config["dataset"]) and outline.is_here(origin(config))
    ]
    datasets: dict[str, Any] = {}
    mistakes: list[str] = []
    for config in here[:_MODELS]:
        key = json.dumps(config["dataset"], sort_keys=True)
        if key not in datasets:
            datasets[key] = surveyed(config["dataset"])
        try:
            outline.module_without_weights(config, datasets[key])
        except UserError as error:
            mistakes += error.mistakes
        except Exception:  # noqa: S112 - of a class that is not tunesmith's, which may compute with its weights
            continue
    if mistakes:
        raise UserError(list(dict.fromkeys(mistakes)))
    if len(here) < len(different):
        print(
            f"{len(different) - len(here)} of {len(different)} models are on the Hugging Face Hub, and are built when they are downloaded."
        )
    if len(here) > _MODELS:
        print(f"{_MODELS} of {len(here)} different models were built.")


def _describe(config: Config) -> Any:
    """Print the size of the data, and what its survey found; returns the dataset."""
    from tunesmith.data.survey.printed import findings
    from tunesmith.data.survey.survey import surveyed

    dataset = surveyed(config["dataset"])
    survey = dataset.survey
    rows = ", ".join(f"{count:,} {split}" for split, count in survey.rows.items())
    print(fitted(f"Settings and data are valid: {rows} examples, {survey.summary}."))
    for note, counts in survey.notes.items():
        if any(counts.values()):
            print(f"{note}: {', '.join(f'{count:,} in {split}' for split, count in counts.items() if count)}")
    for line in findings(survey):
        print(fitted(line))
    return dataset


def _list_parameters(config: Config, dataset: Any) -> None:
    """Print the parameter groups, and the passes of a training step."""
    from tunesmith.training import outline

    if not outline.is_here(origin(config)):
        print("The model is on the Hugging Face Hub; once it is downloaded, its parameter groups are listed here.")
        return
    try:
        outline.try_classes(config, dataset)
        module = outline.module_without_weights(config, dataset)
    except UserError:
        raise
    except Exception as error:  # of a class that is not tunesmith's, which may compute with its weights
        print(
            f"The parameter groups are not listed, since the model cannot be built without weights: {first_line(error)}"
        )
        return
    outline.print_outline(module, config)
