"""Shared parts of messages: the closest valid name, names and texts that are cut, lists of names, the first line of an error."""

import difflib
from collections.abc import Iterable
from typing import Any

NAMES_SHOWN = 10  # in a message that lists names
NAME_WIDTH = 40  # characters of a name in such a message


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`'; did you mean bert?'`, or an empty string if no choice is similar, in upper or lower case."""
    names = list(choices)
    matches = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if not matches:
        lower = {name.lower(): name for name in reversed(names)}
        matches = [lower[name] for name in difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.6)]
    return f"; did you mean {matches[0]}?" if matches else ""


def full_name(kind: Any) -> str:
    """`package.module.Name` of a class or a function."""
    return f"{kind.__module__}.{kind.__qualname__}"


def first_line(error: BaseException) -> str:
    """The first line of a library's error; its class name if it has no message."""
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


def shortened(name: str) -> str:
    """A name on one line of a message: cut if it is long, line breaks and control characters as escapes."""
    shown = name if name.isprintable() else repr(name)[1:-1]
    return shown if len(shown) <= NAME_WIDTH else shown[: NAME_WIDTH - 3] + "..."


def one_line(text: str, most: int) -> str:
    """A text of at most `most` characters for a cell or a figure: white space is single spaces, the end is an ellipsis if it is cut."""
    read = 4 * most  # of a text that may have millions of characters
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:read]).split())
    return line if len(line) <= most and len(text) <= read else line[: most - 1].rstrip() + "…"


def listed(names: Iterable[str]) -> str:
    """`a, b, c`, or the first names and `and 290 more`."""
    every = list(names)
    shown = ", ".join(map(shortened, every[:NAMES_SHOWN]))
    return shown + (f" and {len(every) - NAMES_SHOWN:,} more" if len(every) > NAMES_SHOWN else "")
