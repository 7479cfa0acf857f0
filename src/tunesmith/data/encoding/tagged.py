"""Words and their tags from a row: lists of words and tags, or a text with character spans."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Tagged:
    """A sentence.

    Attributes:
        words: at least one.
        tags: one per word, as given; None for unlabelled data.
        misaligned: number of spans that begin or end inside a word, or overlap an earlier span.
    """

    words: list[str]
    tags: list[Any] | None
    misaligned: int = 0


def from_lists(words: Any, tags: Any) -> Tagged:
    """Words and tags from the lists of a row.

    Args:
        words: list of words.
        tags: list of tags; None for unlabelled data.

    Raises:
        ValueError: states what was expected and received.
    """
    if not isinstance(words, list | tuple):
        raise ValueError(f"expected a list of words, received {type(words).__name__}")
    if not words:
        raise ValueError("a sentence with no words; drop the row")
    if tags is not None and not isinstance(tags, list | tuple):
        raise ValueError(f"expected a list of tags, received {type(tags).__name__}")
    if tags is not None and len(tags) != len(words):
        raise ValueError(
            f"the numbers of words ({len(words)}) and tags ({len(tags)}) differ; expected a tag for each word"
        )
    return Tagged([str(word) for word in words], None if tags is None else list(tags))


def from_text(text: Any, spans: Sequence[Any] | None) -> Tagged:
    """Words of a plain text, with BIO tags from character spans.

    A word is a run of letters and digits, or a single other character. A span that begins or ends inside a word is
    extended to the whole word, and counted.

    Args:
        text: the text.
        spans: objects with `start`, `end` (exclusive) and `label`, or lists of these three; None for unlabelled data.

    Raises:
        ValueError: states what was expected and received.
    """
    found = list(_WORD.finditer("" if text is None else str(text)))
    if not found:
        raise ValueError("a text with no words; drop the row")
    words = [match.group() for match in found]
    if spans is None:
        return Tagged(words, None)
    tags, misaligned = ["O"] * len(words), 0
    for start, end, label in sorted(map(_span, spans)):
        if not 0 <= start < end <= len(str(text)):
            length = len(str(text))
            raise ValueError(
                f"a span from {start} to {end} in a text of {length} characters; expected 0 <= start < end <= {length}"
            )
        inside = [index for index, match in enumerate(found) if match.start() < end and match.end() > start]
        free = [index for index in inside if tags[index] == "O"]
        exact = inside and found[inside[0]].start() == start and found[inside[-1]].end() == end
        misaligned += not exact or free != inside
        for index in free:
            tags[index] = ("B-" if index == free[0] else "I-") + label
    return Tagged(words, tags, misaligned)


def _span(given: Any) -> tuple[int, int, str]:
    parts: list[Any] = (
        [given.get(name) for name in ("start", "end", "label")] if isinstance(given, Mapping) else list(given)
    )
    if len(parts) != 3 or not all(isinstance(part, int) for part in parts[:2]):
        raise ValueError(f'{given!r} is not a span; expected {{"start": 0, "end": 5, "label": "PER"}}')
    return int(parts[0]), int(parts[1]), str(parts[2])
