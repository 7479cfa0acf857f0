"""Sentences longer than a model allows as overlapping windows of whole words, and the merging of their tags."""

from collections.abc import Sequence


def cut(tokens: Sequence[int], *, capacity: int, shared: int) -> list[tuple[int, int]]:
    """Windows (first word, one past the last) that cover a sentence.

    Args:
        tokens: number of tokens of each word.
        capacity: maximum tokens per window; a longer word gets a window of its own.
        shared: maximum overlap of neighbouring windows, in tokens.
    """
    windows, first = [], 0
    while True:
        last, used = first, 0
        while last < len(tokens) and (last == first or used + tokens[last] <= capacity):
            used += tokens[last]
            last += 1
        windows.append((first, last))
        if last == len(tokens):
            return windows
        again, start = 0, last
        # Less than this window has, in which the next word found no room: so the next one begins later and has a new word.
        room = min(shared, capacity - tokens[last])
        while again + tokens[start - 1] <= room:
            start -= 1
            again += tokens[start]
        first = start


def join(parts: Sequence[tuple[int, Sequence[int]]]) -> list[int]:
    """The tags of a sentence from those of its windows.

    Two windows are joined at a word on whose tag they agree, the one nearest to the middle of their overlap, so that a
    sequence that is well-formed in both stays well-formed.

    Args:
        parts: (first word, tags) of each window, in order.
    """
    tags = list(parts[0][1])
    for first, following in parts[1:]:
        shared = len(tags) - first
        agreed = [index for index in range(shared) if tags[first + index] == following[index]]
        seam = min(agreed, key=lambda index: abs(index - (shared - 1) / 2), default=shared // 2)
        tags = tags[: first + seam] + list(following[seam:])
    return tags
