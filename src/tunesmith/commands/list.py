"""`tunesmith list`: the choices of each configuration group, and their keys."""

from tunesmith.commands.arguments import TrainArguments
from tunesmith.configuration.choices import conf_folders
from tunesmith.configuration.listing import listing


def run(arguments: list[str]) -> int:
    """Print the choices of all groups, or what is asked for: groups, choices, keys."""
    given = TrainArguments.parse(arguments)
    print(listing(given.overrides, conf_folders(given.config_dir)))
    return 0
