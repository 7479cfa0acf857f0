"""`tunesmith evaluate`: scores a completed run, on its own data or on another dataset."""

from tunesmith.commands.arguments import RunArguments
from tunesmith.configuration.changed import changed
from tunesmith.training import logging_setup


def run(arguments: list[str]) -> int:
    """Score the run and print the scores."""
    given = RunArguments.parse(arguments)
    config = changed(given.run.config(), given.settings)
    logging_setup.configure_libraries()
    logging_setup.log_to(None)
    from tunesmith.runs.score_table import print_scores
    from tunesmith.training.evaluate import evaluate

    scores = evaluate(given.run, config)
    print_scores(scores, title=str(given.run.path), first=config["dataset"]["metrics"][0])
    return 0
