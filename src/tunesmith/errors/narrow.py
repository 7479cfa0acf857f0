"""Lines of words, wrapped between words for a terminal that is narrower, each under the column that it continues."""

import os
import re
import sys
import textwrap
from contextlib import suppress

_COLUMN = re.compile(
    r"( *)(\S.*?  +)?"
)  # the indentation, and what stands before the last column of `  name   meaning`


def columns() -> int | None:
    """The characters of a line of the terminal, or of `COLUMNS`; None if what is printed goes to a file or a pipe."""
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdecimal() and int(given) > 0:
        return int(given)
    with suppress(OSError, ValueError, AttributeError):  # a file, a pipe, a stream of Python's own such as a notebook's
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    return None


def fitted(text: str) -> str:
    """The text with lines that are no longer than the terminal; as it is, one line for each thing, if there is no terminal.

    Words are never cut, nor are lines that are a command, which one copies.
    """
    width = columns()
    return text if width is None else "\n".join(part for line in text.split("\n") for part in _wrapped(line, width))


def _wrapped(line: str, width: int) -> list[str]:
    found = _COLUMN.match(line)
    assert found is not None  # it matches anything
    indentation, before = len(found[1]), found[2]
    if len(line) <= width or (before is None and re.match(" +tunesmith ", line)):
        return [line]
    hanging = found.end() if found.end() <= width // 2 else indentation + 4 * (before is not None)
    return textwrap.wrap(
        line[indentation:],
        width,
        initial_indent=" " * indentation,
        subsequent_indent=" " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
