"""`tunesmith export`: the model of a completed run as a Hugging Face checkpoint with a model card."""

from pathlib import Path

from tunesmith.commands.arguments import RunArguments
from tunesmith.training import logging_setup


def run(arguments: list[str]) -> int:
    """Export the model; print its folder, and what is beside the checkpoint."""
    given = RunArguments.parse(arguments, required=("output",), settings_allowed=False)
    logging_setup.configure_libraries()
    logging_setup.log_to(None)
    from tunesmith.exporting.export import export

    notes = export(given.run, given.values["output"])
    print(Path(given.values["output"]).expanduser(), *notes, sep="\n")
    return 0
