"""`tunesmith export`: the model of a completed run as a Hugging Face checkpoint."""

from tunesmith.commands.arguments import RunArguments
from tunesmith.runs.export import export


def run(arguments: list[str]) -> int:
    """Export the model and print its folder."""
    given = RunArguments.parse(arguments, required=("output",), settings_allowed=False)
    print(export(given.run, given.values["output"]))
    return 0
