"""The command line: each command is a module of `tunesmith.commands`, imported only when it is called."""

import importlib
import sys
from collections.abc import Sequence

from tunesmith.errors import UserError
from tunesmith.errors.exit_status import exit_status
from tunesmith.errors.messages import did_you_mean
from tunesmith.errors.narrow import fitted
from tunesmith.errors.safe_path import leave_out_working_folder

COMMANDS = {  # name: arguments, summary
    "train": ("[group=choice] [key=value] [-m]", "one run; with -m a sweep: key=a,b or key=range(1,4)"),
    "check": ("[group=choice] [key=value] [-m]", "checks settings and data without training"),
    "evaluate": ("run=DIR [dataset=...] [key=value]", "scores a completed run"),
    "predict": ("run=DIR input=FILE output=FILE", "predicts new texts; - is standard input or output"),
    "attention": ("run=DIR input=FILE output=DIR", "draws what a completed run looks at in new texts"),
    "report": ("DIR... [baseline=...] [rows=KEY]", "tables, statistics and figures of a sweep, or of any runs"),
    "dashboard": (
        "DIR [output=FILE] [project=NAME]",
        "makes the workspace and the report of a sweep at Weights & Biases",
    ),
    "sync": ("DIR [timeout_seconds=60]", "sends offline runs of Weights & Biases, each once"),
    "list": ("[group] [choice] [key]", "the choices of each config group, and their keys: meaning, type, default"),
    "new": ("KIND NAME", "writes a working head, dataset, regularizer, metric, ... of your own, with its test"),
    "reproduce": (
        "run=DIR | DIR | FILE [check=true]",
        "trains runs, a sweep, a bundle or an experiment again and compares",
    ),
    "bundle": ("DIR... output=FILE", "packs what another person needs to check a table"),
    "export": ("run=DIR output=DIR", "exports a Hugging Face checkpoint"),
    "completion": ("bash|zsh|fish", "prints a script that completes commands, groups, choices and keys in a shell"),
}


def help_text() -> str:
    """What `tunesmith --help` prints."""
    lines = [f"  tunesmith {name:<10} {arguments:<34} {summary}" for name, (arguments, summary) in COMMANDS.items()]
    return "\n".join(
        [
            "Config-driven fine-tuning of pretrained transformers.",
            "",
            *lines,
            "",
            "tunesmith COMMAND --help explains a command's arguments; tunesmith list optimizer adamw explains keys.",
            "train and check also take --cfg job|all (print the config); they and list take --config-dir DIR (your own config groups).",
            "A run on your own data:",
            "  tunesmith train backbone=bert dataset=csv dataset.train=train.csv dataset.text=review dataset.label=stars",
            "",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit; 0: completed, 2: wrong config or input, 1: anything else."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run a command and return its exit status."""
    leave_out_working_folder()
    if arguments[:1] in (["-h"], ["--help"], ["help"]):
        arguments = [*arguments[1:2], "--help"] if arguments[1:2] else []
    if not arguments:
        print(fitted(help_text()), end="")
        return 0
    # Not for `completion words ...`, which a shell calls with any words.
    if arguments[0] in COMMANDS and arguments[1:2] != ["words"] and {"-h", "--help"} & set(arguments[1:]):
        return exit_status(lambda: _show_page(arguments[0]))
    if arguments[0] == "--version":
        from importlib.metadata import version

        print(version("tunesmith"))
        return 0
    return exit_status(lambda: _run_command(*arguments))


def _show_page(command: str) -> int:
    from tunesmith.commands.pages import page

    arguments, summary = COMMANDS[command]
    print(page(command, arguments=arguments, summary=summary), end="")
    return 0


def _run_command(name: str, *arguments: str) -> int:
    if name not in COMMANDS:
        raise UserError(f"unknown command {name}{did_you_mean(name, COMMANDS)} (commands: {', '.join(COMMANDS)})")
    from tunesmith.configuration.plugin_errors import explained

    with explained():
        status: int = importlib.import_module(f"tunesmith.commands.{name}").run(list(arguments))
    return status
