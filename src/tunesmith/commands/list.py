"""`tunesmith list`: the choices of each configuration group."""

from tunesmith.configuration.choices import conf_folder
from tunesmith.configuration.listing import listing


def run(arguments: list[str]) -> int:
    """Print the choices of some groups, or of all."""
    print(listing(arguments, [conf_folder()]))
    return 0
