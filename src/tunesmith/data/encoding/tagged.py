"""Words and their tags from a row: lists of words and tags, or a text with character spans."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tunesmith.data.encoding.running_text import word_bounds
from tunesmith.data.encoding.spans import Span, in_characters


@dataclass(frozen=True)
class Tagged:
    """A sentence.

    Attributes:
        words: at least one.
        tags: one per word, as given; None for unlabelled data.
        misaligned: number of spans that begin or end inside a word, or overlap an earlier span.
        lost: the types of spans that have no word of their own.
    """

    words: list[str]
    tags: list[Any] | None
    misaligned: int = 0
    lost: tuple[str, ...] = ()


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
    for number, word in enumerate(words, start=1):
        if not isinstance(word, str):
            raise ValueError(f"word {number} is {_json(word)}; expected a text" + _quoted(word))
    for number, tag in enumerate(tags or (), start=1):
        if isinstance(tag, bool) or not isinstance(tag, str | int):
            raise ValueError(f"tag {number} is {_json(tag)}; expected a text, or the number of a tag of dataset.labels")
    return Tagged(list(words), None if tags is None else list(tags))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:40]


def _quoted(word: Any) -> str:
    return f', such as "{word}"' if isinstance(word, int | float) and not isinstance(word, bool) else ""


def from_text(text: Any, spans: Sequence[Any] | None) -> Tagged:
    """Words of a running text (`tunesmith.data.encoding.running_text`), with BIO tags from character spans.

    A span that begins or ends inside a word is extended to the whole word. Of overlapping spans the one that begins first,
    or else the longest, takes its words, and the others what is left.

    Args:
        text: the text.
        spans: objects with `start`, `end` (exclusive) and `label`, or lists of these three, in characters; None for
            unlabelled data.

    Raises:
        ValueError: states what was expected and received.
    """
    if text is not None and not isinstance(text, str):
        raise ValueError(f"expected a text, received {text!r}")
    text = text or ""
    bounds = word_bounds(text)
    if not bounds:
        raise ValueError("a text with no words; drop the row")
    words = [text[start:end] for start, end in bounds]
    if spans is None:
        return Tagged(words, None)
    if not isinstance(spans, list | tuple):
        raise ValueError(f"expected a list of spans, received {type(spans).__name__}")
    tags, misaligned, lost = ["O"] * len(words), 0, []
    for start, end, label, _ in sorted(set(in_characters(text, spans, unit="characters")), key=_order):
        inside = [index for index, (first, last) in enumerate(bounds) if first < end and last > start]
        free = [index for index in inside if tags[index] == "O"]
        if not free:
            lost.append(label)
            continue
        exact = bounds[inside[0]][0] == start and bounds[inside[-1]][1] == end
        misaligned += not exact or free != inside
        for index in free:
            tags[index] = ("B-" if index == free[0] else "I-") + label
    return Tagged(words, tags, misaligned, tuple(lost))


def _order(span: Span) -> tuple[int, int, str]:
    return span.start, -span.end, span.label
