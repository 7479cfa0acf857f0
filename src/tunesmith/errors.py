"""Mistakes of the user: one clear message, exit status 2, no traceback."""

import difflib
from collections.abc import Iterable, Sequence


class UserError(Exception):
    """The configuration or the input is wrong; every mistake that was found is in `mistakes`."""

    def __init__(self, mistakes: str | Sequence[str]) -> None:
        self.mistakes = [mistakes] if isinstance(mistakes, str) else list(mistakes)
        super().__init__("\n".join(self.mistakes))


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`'; did you mean bert?'`, or an empty string where nothing is near."""
    near = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


class Interrupted(BaseException):  # not an Exception: no library is to catch it as an error
    """A run was told to stop by a signal; the message says by which, and what was saved."""
