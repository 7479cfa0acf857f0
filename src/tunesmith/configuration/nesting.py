"""How deeply brackets are nested in a text: parsers need long for many levels, so they are counted first."""

import re


def levels(text: str, brackets: re.Pattern[str]) -> int:
    """How many brackets are open at once, at most.

    Args:
        brackets: matches one bracket, opening or closing.
    """
    level = deepest = 0
    for mark in brackets.findall(text):
        level = max(level - 1, 0) if mark in (")", "]", "}") else level + 1
        deepest = max(deepest, level)
    return deepest
