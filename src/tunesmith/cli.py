"""The command line: reads the arguments and imports nothing heavy before they are known to be right."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from tunesmith.errors import UserError, did_you_mean, exit_status

HELP = """Config-driven fine-tuning of pretrained transformers.

  tunesmith train    [group=choice] [key=value] [-m]     one run; with -m a sweep: key=a,b or key=range(1,4)
  tunesmith check    [group=choice] [key=value] [-m]     composes and checks everything, trains nothing
  tunesmith evaluate run=DIR [dataset=...] [key=value]   scores a finished run
  tunesmith predict  run=DIR input=FILE output=FILE      labels new texts; - is standard input or output
  tunesmith report   DIR...                              the table of a sweep, or of any runs
  tunesmith list     [group]                             the choices of each group
  tunesmith reproduce run=DIR                            runs it again and compares the scores
  tunesmith export   run=DIR output=DIR                  a Hugging Face checkpoint

train and check also take --cfg job|all, which prints the config, and --config-dir DIR, a folder with groups of your own.
A run on your own data:
  tunesmith train backbone=bert dataset=csv dataset.train=train.csv dataset.text=review dataset.label=stars
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 2 the config or the input is wrong, 1 anything else."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run a command; its exit status."""
    if not arguments or arguments[0] in {"-h", "--help", "help"} or "--help" in arguments[1:2]:
        print(HELP, end="")
        return 0
    if arguments[0] == "--version":
        from importlib.metadata import version

        print(version("tunesmith"))
        return 0
    return exit_status(lambda: _command(arguments[0])(arguments[1:]))


def _command(name: str) -> Callable[[list[str]], int]:
    if name not in COMMANDS:
        raise UserError(f"there is no command {name}{did_you_mean(name, COMMANDS)} (commands: {', '.join(COMMANDS)})")
    return COMMANDS[name]


def _train(arguments: list[str]) -> int:
    options, overrides = _options(arguments)
    if options.multirun:
        from tunesmith.sweeps.sweep import sweep

        return 0 if sweep(overrides, config_dir=options.config_dir) else 1
    config = _composed(options, overrides)
    if config is None:
        return 0
    from tunesmith.checks import check

    check(config)
    from tunesmith.runs.folder import RunFolder

    run = RunFolder.of(config)
    if run.done:
        from tunesmith.data.survey import surveyed
        from tunesmith.runs.table import print_scores

        run.check_data(surveyed(config["dataset"]).source)
        print_scores(run.read_json("metrics.json"), title=str(config["name"]))
        print(f"Run: {run.path} is done already; another seed or name=... makes a new run")
        return 0
    from tunesmith.training import quiet

    quiet.before_imports()
    from tunesmith.train import train

    print(f"Run: {train(config).path}")
    return 0


def _check(arguments: list[str]) -> int:
    options, overrides = _options(arguments)
    if options.multirun:
        from tunesmith.sweeps.sweep import plan

        print(f"Settings and data are right: {plan(overrides, config_dir=options.config_dir).described}.")
        return 0
    config = _composed(options, overrides)
    if config is None:
        return 0
    from tunesmith.checks import check, from_the_hub
    from tunesmith.data.survey import mistakes_in, surveyed
    from tunesmith.stages import in_stage, stages

    check(config)
    for stage in stages(config):
        if not from_the_hub(stage["dataset"]) and (found := mistakes_in(stage["dataset"])):
            raise UserError(in_stage(stage, found))
    dataset = config["dataset"]
    if from_the_hub(dataset):
        print("Settings are right. The data comes from the hub and is checked when it is loaded.")
        return 0
    survey = surveyed(dataset).survey
    rows = ", ".join(f"{count:,} {split}" for split, count in survey.rows.items())
    print(f"Settings and data are right: {rows} examples, {survey.summary}.")
    for words, counts in survey.notes.items():
        if any(counts.values()):
            print(f"{words}: {', '.join(f'{count:,} in {split}' for split, count in counts.items() if count)}")
    return 0


def _evaluate(arguments: list[str]) -> int:
    folder, settings = _run_and_settings(arguments, ())
    config = _with_overrides(folder.config(), settings)
    _heavy_imports_ahead()
    from tunesmith.evaluate import evaluate

    evaluate(folder, config)
    return 0


def _predict(arguments: list[str]) -> int:
    folder, settings, values = *_run_and_settings(arguments, ("input", "output")), _values(arguments)
    config = _with_overrides(folder.config(), settings)
    _heavy_imports_ahead()
    from tunesmith.predict import predict

    count = predict(folder, config, input=values["input"], output=values["output"])
    print(f"{count:,} predictions: {values['output']}", file=sys.stderr)
    return 0


def _reproduce(arguments: list[str]) -> int:
    folder, _ = _run_and_settings(arguments, (), settings_allowed=False)
    from tunesmith.checks import check

    check(folder.config())
    _heavy_imports_ahead()
    from tunesmith.reproduce import reproduce

    return 0 if reproduce(folder) else 1


def _export(arguments: list[str]) -> int:
    folder, _ = _run_and_settings(arguments, ("output",), settings_allowed=False)
    from tunesmith.export import export

    print(export(folder, _values(arguments)["output"]))
    return 0


def _report(arguments: list[str]) -> int:
    if not arguments:
        raise UserError("report needs at least one folder: tunesmith report runs/sweeps/ID, or runs/")
    from pathlib import Path

    from tunesmith.report.records import find
    from tunesmith.report.results import show

    place = Path(arguments[0]).expanduser()
    is_sweep = len(arguments) == 1 and (place / "sweep.json").is_file()
    show(find(arguments), title=" ".join(arguments), place=place if is_sweep else None)
    return 0


def _list(arguments: list[str]) -> int:
    from tunesmith.choices import conf_folder
    from tunesmith.listing import listing

    print(listing(arguments, [conf_folder()]))
    return 0


COMMANDS = {
    "train": _train,
    "check": _check,
    "evaluate": _evaluate,
    "predict": _predict,
    "report": _report,
    "list": _list,
    "reproduce": _reproduce,
    "export": _export,
}


def _options(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Options of `train` and `check`, and the overrides."""
    parser = argparse.ArgumentParser(prog="tunesmith", add_help=False, exit_on_error=False)
    parser.add_argument("--multirun", "-m", action="store_true")
    parser.add_argument("--cfg", "-c", choices=["job", "all"])
    parser.add_argument("--config-dir", "-cd")
    try:
        options, overrides = parser.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise UserError(str(error)) from error
    for word in overrides:
        if word.startswith("-"):
            raise UserError(
                f"unknown option {word}; expected group=choice, key=value, -m, --cfg or --config-dir (tunesmith --help)"
            )
    if options.multirun and options.cfg is not None:
        raise UserError("--cfg shows the config of one run; leave out -m, and give each key one value")
    return options, overrides


def _composed(options: argparse.Namespace, overrides: list[str]) -> dict[str, Any] | None:
    """The resolved config of one run; None if it was only to be printed."""
    from tunesmith import config as configs

    composed = configs.compose(overrides, config_dir=options.config_dir, resolve=options.cfg != "job")
    if options.cfg is None:
        return composed
    print(configs.to_yaml(composed), end="")
    return None


def _values(arguments: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in arguments if "=" in word)


def _run_and_settings(
    arguments: list[str], required: Sequence[str], *, settings_allowed: bool = True
) -> tuple[Any, list[str]]:
    """The run that `run=DIR` names, and the arguments that change its config."""
    names = ("run", *required)
    mistakes = [f"{word!r} is not key=value" for word in arguments if "=" not in word]
    values = _values(arguments)
    mistakes += [
        f"{name} is required: {name}={'FILE' if name == 'input' else 'DIR'}" for name in names if not values.get(name)
    ]
    settings = [word for word in arguments if "=" in word and word.split("=", 1)[0] not in names]
    mistakes += [
        f"unknown key {key}{did_you_mean(key, names)}"
        for key in (word.split("=", 1)[0] for word in settings)
        if not settings_allowed or not ("." in key or key == "dataset")
    ]
    if mistakes:
        raise UserError(mistakes)
    from tunesmith.runs.folder import RunFolder

    return RunFolder.open(values["run"]), settings


def _with_overrides(config: dict[str, Any], settings: list[str]) -> dict[str, Any]:
    """The run's config with another dataset or other settings, checked.

    What only training reads is left out: a run of an earlier version, which lacks a setting there, can still be used.
    """
    from tunesmith import config as configs
    from tunesmith.checks import check

    config = config | {"regularization": {}, "callbacks": {}, "logger": {}}
    if any(word.startswith("dataset=") for word in settings):
        chosen = [word for word in settings if word.startswith("dataset")]
        dataset = configs.compose_group("dataset", chosen)
        if dataset.get("train") == "???":  # nothing is trained here
            dataset["train"] = None
        named = [word.lstrip("+").split("=", 1)[0] for word in chosen]
        for key in ("max_length", "stride"):  # the model's windows stay what they were unless told otherwise
            if key in dataset and key in config["dataset"] and f"dataset.{key}" not in named:
                dataset[key] = config["dataset"][key]
        config = config | {"dataset": dataset}
        settings = [word for word in settings if word not in chosen]
    config = configs.apply(config, settings)
    check(config)
    return config


def _heavy_imports_ahead() -> None:
    from tunesmith.training import quiet

    quiet.before_imports()
    quiet.log_to(None)
