"""The command line: a table of commands, each a file of `tunesmith.commands`; imports nothing heavy."""

import importlib
import sys
from collections.abc import Sequence

from tunesmith.errors import UserError
from tunesmith.errors.exit_status import exit_status
from tunesmith.errors.messages import did_you_mean

COMMANDS = {  # name: its arguments, and what it does
    "train": ("[group=choice] [key=value] [-m]", "one run; with -m a sweep: key=a,b or key=range(1,4)"),
    "check": ("[group=choice] [key=value] [-m]", "composes and checks everything, trains nothing"),
    "evaluate": ("run=DIR [dataset=...] [key=value]", "scores a finished run"),
    "predict": ("run=DIR input=FILE output=FILE", "labels new texts; - is standard input or output"),
    "report": ("DIR...", "the table of a sweep, or of any runs"),
    "list": ("[group]", "the choices of each group"),
    "reproduce": ("run=DIR", "runs it again and compares the scores"),
    "export": ("run=DIR output=DIR", "a Hugging Face checkpoint"),
}


def help_text() -> str:
    """What `tunesmith --help` prints."""
    lines = [f"  tunesmith {name:<9} {arguments:<34} {summary}" for name, (arguments, summary) in COMMANDS.items()]
    return "\n".join(
        [
            "Config-driven fine-tuning of pretrained transformers.",
            "",
            *lines,
            "",
            "train and check also take --cfg job|all, which prints the config, and --config-dir DIR, a folder with groups of your own.",
            "A run on your own data:",
            "  tunesmith train backbone=bert dataset=csv dataset.train=train.csv dataset.text=review dataset.label=stars",
            "",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 completed, 2 the config or the input is wrong, 1 anything else."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run a command; its exit status."""
    if not arguments or arguments[0] in {"-h", "--help", "help"} or "--help" in arguments[1:2]:
        print(help_text(), end="")
        return 0
    if arguments[0] == "--version":
        from importlib.metadata import version

        print(version("tunesmith"))
        return 0
    return exit_status(lambda: _run_command(*arguments))


def _run_command(name: str, *arguments: str) -> int:
    if name not in COMMANDS:
        raise UserError(f"there is no command {name}{did_you_mean(name, COMMANDS)} (commands: {', '.join(COMMANDS)})")
    status: int = importlib.import_module(f"tunesmith.commands.{name}").run(list(arguments))
    return status
