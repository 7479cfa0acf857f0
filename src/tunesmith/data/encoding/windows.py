"""Sentences longer than a model allows, as overlapping windows of whole words, and their tags put together again."""

from collections.abc import Sequence


def cut(tokens: Sequence[int], *, capacity: int, shared: int) -> list[tuple[int, int]]:
    """Windows (first word, one past the last) that cover a sentence.

    Args:
        tokens: of each word.
        capacity: tokens of a window; a longer word is a window of its own.
        shared: tokens that two neighbouring windows share at most.
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
        room = min(shared, capacity - tokens[last])  # or the next window would hold nothing new
        while start - 1 > first and again + tokens[start - 1] <= room:
            start -= 1
            again += tokens[start]
        first = start


def join(parts: Sequence[tuple[int, Sequence[int]]]) -> list[int]:
    """The tags of a sentence from those of its windows.

    Two windows are joined at a word on whose tag they agree, the one nearest to the middle of what they share: so a
    sequence that is well formed in both stays so.

    Args:
        parts: (first word, tags) of each window, in order.
    """
    tags = list(parts[0][1])
    for first, following in parts[1:]:
        shared = len(tags) - first
        agreed = [place for place in range(shared) if tags[first + place] == following[place]]
        seam = min(agreed, key=lambda place: abs(place - (shared - 1) / 2), default=shared // 2)
        tags = tags[: first + seam] + list(following[seam:])
    return tags
