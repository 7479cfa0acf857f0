"""Selection of the tokens that a masked language model predicts, and their replacement in the input.

Single tokens (Devlin et al., 2019), whole words, or spans of whole words (Joshi et al., 2020: SpanBERT): lengths from a
geometric distribution with p = 0.2, at most 10 words. Most selected tokens are replaced by the mask token, some by a
random token, and the rest are left unchanged; all tokens of a span are treated alike.
"""

from typing import Literal

import numpy as np

Unit = Literal["token", "word", "span"]
_SPAN_END, _LONGEST_SPAN = 0.2, 10  # SpanBERT's: p of the geometric distribution, and the maximum number of words
_TRIES = 100  # consecutive rejected spans after which sampling stops


def choose(generator: np.random.Generator, starts: np.ndarray, *, rate: float, unit: Unit) -> np.ndarray:
    """(tokens,) of bool: the selected tokens, each with probability `rate`.

    Args:
        starts: (tokens,) whether a token starts a word.
    """
    if unit == "token":
        return generator.random(len(starts)) < rate
    words = np.cumsum(starts)  # (tokens,) the index of each token's word
    if unit == "word":
        return (generator.random(int(words[-1]) + 1) < rate)[words]
    return spans(generator, words, rate=rate) > 0


def spans(generator: np.random.Generator, words: np.ndarray, *, rate: float) -> np.ndarray:
    """(tokens,) the index of the span that each token is in, from 1; 0 for tokens that are not selected.

    Args:
        words: (tokens,) the index of each token's word, not decreasing.
    """
    numbers = np.zeros(len(words), dtype=np.int64)
    if not len(words):
        return numbers
    expected = rate * len(words)
    left = int(expected) + (generator.random() < expected - int(expected))  # rounded at random, so unbiased
    number, tries = 1, 0
    while left > 0 and tries < _TRIES:
        tries += 1
        length = min(generator.geometric(_SPAN_END), _LONGEST_SPAN)
        first = generator.integers(words[0], words[-1] + 1)
        inside = np.flatnonzero((words >= first) & (words < first + length))
        if numbers[inside].any():
            continue
        numbers[inside[:left]] = number  # the last span is cut when the rate is reached
        left -= len(inside)
        number, tries = number + 1, 0
    return numbers


def replace(
    generator: np.random.Generator,
    ids: np.ndarray,
    groups: np.ndarray,
    *,
    mask: int,
    ordinary: np.ndarray,
    mask_share: float,
    random_share: float,
) -> np.ndarray:
    """(tokens,) the input ids in place of the selected tokens `ids`.

    Args:
        groups: (tokens,) indices from 0; tokens of a group are treated alike.
        mask: id of the mask token.
        ordinary: ids that random tokens are drawn from.
        mask_share: fraction that is replaced by the mask token.
        random_share: fraction that is replaced by a random token.
    """
    drawn = generator.random(int(groups.max(initial=-1)) + 1)[groups]
    random = ordinary[generator.integers(len(ordinary), size=len(ids))]
    return np.where(drawn < mask_share, mask, np.where(drawn < mask_share + random_share, random, ids))
