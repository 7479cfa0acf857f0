"""`tunesmith export`: a finished run's model as a Hugging Face checkpoint."""

from tunesmith.commands.arguments import RunArguments
from tunesmith.runs.export import export


def run(arguments: list[str]) -> int:
    """Copy the model and print where to."""
    given = RunArguments.parse(arguments, required=("output",), settings_allowed=False)
    print(export(given.run, given.values["output"]))
    return 0
