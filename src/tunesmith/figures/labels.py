"""Labels that fit and still differ: long names lose what they share, and keys their first parts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_FACTOR = 20
_ENDS = "/-_. "  # a name is cut after one of these


def shortened(text: str, most: int) -> str:
    """A text of at most `most` characters on one line; what is left out of its middle is an ellipsis."""
    text = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    if len(text) <= most:
        return text
    tail = (most - 1) // 2
    return f"{text[: most - 1 - tail]}…{text[len(text) - tail :]}"


def shortened_key(key: str, most: int) -> str:
    """A dotted key without the first parts that do not fit: `…standard.weight_decay`."""
    parts = key.split(".")
    while len(parts) > 1 and len(".".join(parts)) >= most:
        del parts[0]
    rest = ".".join(parts)
    return shortened(key if rest == key else f"…{rest}", most)


def told_apart(names: Sequence[str], most: int) -> list[str]:
    """Names of at most about `most` characters, all different if the names are.

    If one is longer, the beginning and the end that all share are left out; those that are still the same are numbered.
    """
    short = list(names)
    if len(names) > 1 and max(map(len, names)) > most:
        start = _shared(short)
        reversed_end = _shared([name[len(start) :][::-1] for name in short])
        short = [f"{'…' * bool(start)}{name[len(start) : len(name) - len(reversed_end)]}" for name in short]
        short = [f"{name}{'…' * bool(reversed_end)}" for name in short]
    short = [shortened(name, most) for name in short]
    return [f"{name} ({number})" if short.count(name) > 1 else name for number, name in enumerate(short, 1)]


def _shared(names: Sequence[str]) -> str:
    """The beginning that all names share, up to the end of a word."""
    first, last = min(names), max(names)  # what these two share, all share
    length = next(
        (place for place, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1), len(first)
    )
    return first[: max(first.rfind(end, 0, length) for end in _ENDS) + 1]


def logarithmic(values: NDArray[np.float64]) -> bool:
    """Whether values are drawn on a logarithmic scale: all are positive, and spread over more than a factor of 20."""
    finite = values[np.isfinite(values)]
    return bool(finite.size) and bool(finite.min() > 0) and bool(finite.max() > _FACTOR * finite.min())
