"""Which tokens a masked language model has to restore, and what it sees in their place.

Single tokens (Devlin et al., 2019), whole words, or spans of whole words (Joshi et al., 2020: SpanBERT): lengths from a
geometric distribution with p = 0.2, at most 10 words. Of the chosen tokens most are hidden by the mask token, some by a random
one, and the rest are shown as they are; of a span all tokens alike.
"""

from typing import Literal

import numpy as np

Unit = Literal["token", "word", "span"]
_SPAN_END, _LONGEST_SPAN = 0.2, 10  # SpanBERT's: probability that a span ends with a word, and words at most
_TRIES = 100  # spans that are drawn in vain, one after another, before a window stays as it is


def choose(generator: np.random.Generator, starts: np.ndarray, *, rate: float, unit: Unit) -> np.ndarray:
    """(tokens,) which to choose, each with probability `rate`.

    Args:
        starts: (tokens,) whether a word starts there.
    """
    if unit == "token":
        return generator.random(len(starts)) < rate
    words = np.cumsum(starts)  # (tokens,) the number of each token's word
    if unit == "word":
        return (generator.random(int(words[-1]) + 1) < rate)[words]
    return spans(generator, words, rate=rate) > 0


def spans(generator: np.random.Generator, words: np.ndarray, *, rate: float) -> np.ndarray:
    """(tokens,) the number of the span that each token is in, from 1; 0 for tokens that are not chosen.

    Args:
        words: (tokens,) the number of each token's word, not decreasing.
    """
    numbers = np.zeros(len(words), dtype=np.int64)
    if not len(words):
        return numbers
    wanted = rate * len(words)
    left = int(wanted) + (generator.random() < wanted - int(wanted))  # its mean is what is wanted
    number, tries = 1, 0
    while left > 0 and tries < _TRIES:
        tries += 1
        length = min(generator.geometric(_SPAN_END), _LONGEST_SPAN)
        first = generator.integers(words[0], words[-1] + 1)
        inside = np.flatnonzero((words >= first) & (words < first + length))
        if numbers[inside].any():
            continue
        numbers[inside[:left]] = number  # the last span is cut where the share is reached
        left -= len(inside)
        number, tries = number + 1, 0
    return numbers


def hide(
    generator: np.random.Generator,
    ids: np.ndarray,
    groups: np.ndarray,
    *,
    mask: int,
    ordinary: np.ndarray,
    mask_share: float,
    random_share: float,
) -> np.ndarray:
    """(tokens,) what the model sees in place of the chosen tokens `ids`.

    Args:
        groups: (tokens,) numbers from 0; tokens of a group are hidden alike.
        mask: id of the mask token.
        ordinary: ids that a random token is drawn from.
        mask_share: how many are hidden by the mask token.
        random_share: how many are hidden by a random token.
    """
    drawn = generator.random(int(groups.max(initial=-1)) + 1)[groups]
    random = ordinary[generator.integers(len(ordinary), size=len(ids))]
    return np.where(drawn < mask_share, mask, np.where(drawn < mask_share + random_share, random, ids))
