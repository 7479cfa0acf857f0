"""Parts of messages that are worded once: the nearest right name, and what a library's error says."""

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`'; did you mean bert?'`, or an empty string where nothing is near."""
    near = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def first_line(error: BaseException) -> str:
    """The first line of a library's error; its class if it has no message."""
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
