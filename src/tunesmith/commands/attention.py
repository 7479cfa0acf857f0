"""`tunesmith attention`: a page and PNGs of what a completed run looks at in new texts."""

import functools
import sys
from pathlib import Path

from tunesmith.commands.arguments import RunArguments
from tunesmith.commands.reading import with_reading
from tunesmith.errors import UserError
from tunesmith.training import logging_setup

_LIMIT = 10  # texts, unless it is given


def run(arguments: list[str]) -> int:
    """Write the folder; print its page, and what was left out."""
    given = RunArguments.parse(arguments, required=("input", "output"), optional=("limit", "layer", "head"))
    config = with_reading(given.run.config(), given.settings)
    logging_setup.configure_libraries()
    logging_setup.log_to(None)
    from tunesmith.attention.draw import MOST, draw
    from tunesmith.prediction.input_rows import input_rows

    numbers = {name: _number(name, given.values[name]) for name in ("limit", "layer", "head") if name in given.values}
    limit = numbers.get("limit", _LIMIT)
    if limit > MOST:
        raise UserError(f"limit={limit}; expected a number from 1 to {MOST}, for a page that stays readable")
    notes = draw(
        given.run,
        config,
        rows=functools.partial(input_rows, given.values["input"]),
        output=given.values["output"],
        limit=limit,
        layer=numbers.get("layer"),
        head=numbers.get("head"),
    )
    print(*notes, sep="\n", end="\n" * bool(notes), file=sys.stderr)
    print(Path(given.values["output"]).expanduser() / "attention.html")
    return 0


def _number(name: str, word: str) -> int:
    """A number from 1 on.

    Raises:
        UserError: for anything else.
    """
    if not (word.isascii() and word.isdecimal() and len(word) < 10 and int(word) > 0):
        raise UserError(f"{name}={word}; expected a whole number from 1")
    return int(word)
