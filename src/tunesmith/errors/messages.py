"""Shared parts of error messages: the closest valid name, and the first line of a library's error."""

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`'; did you mean bert?'`, or an empty string if no choice is similar."""
    matches = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f"; did you mean {matches[0]}?" if matches else ""


def first_line(error: BaseException) -> str:
    """The first line of a library's error; its class name if it has no message."""
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
