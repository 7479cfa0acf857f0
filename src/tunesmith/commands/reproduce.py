"""`tunesmith reproduce`: trains a completed run again and compares the scores."""

from tunesmith.commands.arguments import RunArguments
from tunesmith.configuration.checks.check import check
from tunesmith.runs.placed import placed
from tunesmith.training import logging_setup


def run(arguments: list[str]) -> int:
    """Print both runs' scores; exit status 0 if they are identical."""
    given = RunArguments.parse(arguments, optional=("output_dir",), settings_allowed=False)
    config = placed(given.run, given.values.get("output_dir"))
    check(config)
    logging_setup.configure_libraries()
    logging_setup.log_to(None)
    from tunesmith.training.reproduce import reproduce

    return 0 if reproduce(given.run, config) else 1
