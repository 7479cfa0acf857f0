"""`tunesmith reproduce`: trains a completed run again and compares the scores."""

from tunesmith.commands.arguments import RunArguments
from tunesmith.configuration.checks.check import check
from tunesmith.training import logging_setup


def run(arguments: list[str]) -> int:
    """Print both runs' scores; exit status 0 if they are identical."""
    given = RunArguments.parse(arguments, settings_allowed=False)
    check(given.run.config())
    logging_setup.configure_libraries()
    logging_setup.log_to(None)
    from tunesmith.training.reproduce import reproduce

    return 0 if reproduce(given.run) else 1
