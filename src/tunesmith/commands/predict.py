"""`tunesmith predict`: predictions of a completed run for new texts."""

import sys

from tunesmith.commands.arguments import RunArguments
from tunesmith.commands.reading import with_reading
from tunesmith.training import logging_setup


def run(arguments: list[str]) -> int:
    """Write the predictions and print their number."""
    given = RunArguments.parse(arguments, required=("input", "output"))
    config = with_reading(given.run.config(), given.settings)
    logging_setup.configure_libraries()
    logging_setup.log_to(None)
    from tunesmith.prediction.predict import predict

    output = given.values["output"]
    count = predict(given.run, config, input=given.values["input"], output=output)
    print(f"{count:,} prediction{'s' * (count != 1)}: {output}", file=sys.stderr)
    return 0
