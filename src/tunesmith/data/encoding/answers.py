"""The gold answers of a question and their positions in its context."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answers:
    """The gold answers of a question.

    Attributes:
        texts: without outer white space, as predictions are; empty if the question has no answer.
        starts: character offset of each answer in the context; -1 for a text that does not occur there.
        moved: number of answers that were not at the given offset and were found elsewhere.
        stripped: number of answers that had outer white space.
        empty: number of answers without text, which are no answers and left out.
    """

    texts: list[str]
    starts: list[int]
    moved: int = 0
    stripped: int = 0
    empty: int = 0

    @property
    def absent(self) -> bool:
        """Whether the question has answers, but none occurs in the context: it is neither answerable nor unanswerable."""
        return bool(self.texts) and max(self.starts) < 0

    @property
    def read_otherwise(self) -> bool:
        """Whether version 0.1 encoded the answers otherwise."""
        return bool(self.stripped or self.empty or self.absent)


def read_answers(given: Any, context: str) -> Answers:
    """Gold answers in any of the usual formats, stripped and located in their context.

    Args:
        given: {"text": [...], "answer_start": [...]}, a list of {"text", "answer_start"}, a list of texts, or a text.
        context: the text that contains them.

    Raises:
        ValueError: if `given` has another format; states what was expected and received.
    """
    given_texts, given_starts = _columns(given)
    texts: list[str] = []
    found: list[int] = []
    moved = stripped = empty = 0
    for outer, outer_start in zip(given_texts, given_starts, strict=True):
        text = outer.strip()
        if not text:
            empty += 1
            continue
        # The offset is that of the white space, or already of the text.
        start = None if outer_start is None else outer_start + len(outer) - len(outer.lstrip())
        if start != outer_start and context[start : start + len(text)] != text:  # type: ignore[operator]
            start = outer_start
        stripped += text != outer
        texts.append(text)
        if start is not None and start >= 0 and context[start : start + len(text)] == text:
            found.append(start)
            continue
        offset = _nearest(text, context, start)
        moved += offset >= 0 and start is not None
        found.append(offset)
    return Answers(texts, found, moved, stripped, empty)


def _columns(given: Any) -> tuple[list[str], list[int | None]]:
    if given is None:
        return [], []
    if isinstance(given, str):
        return [given], [None]
    if isinstance(given, Mapping):
        if "text" not in given:
            raise ValueError(f"answers are {dict(given)!r}; {_EXPECTED}")
        texts, starts = given["text"], given.get("answer_start")
        if isinstance(texts, str):
            texts, starts = [texts], [starts]
        if not isinstance(texts, list | tuple) or not isinstance(starts, list | tuple | None):
            raise ValueError(f"answers are {dict(given)!r:.80}; {_EXPECTED}")
        starts = [None] * len(texts) if starts is None else starts
    elif isinstance(given, Sequence):
        texts = [part.get("text") if isinstance(part, Mapping) else part for part in given]
        starts = [part.get("answer_start") if isinstance(part, Mapping) else None for part in given]
    else:
        raise ValueError(f"answers are {given!r}; {_EXPECTED}")
    if len(texts) != len(starts):
        raise ValueError(f"{len(texts)} answer texts, but {len(starts)} starts; {_EXPECTED}")
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"answers are {given!r}; {_EXPECTED}")
    return list(texts), [None if start is None else _whole(start) for start in starts]


def _whole(start: Any) -> int:
    try:
        number = int(start)
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or isinstance(start, bool) or (isinstance(start, float) and start != number):
        raise ValueError(f"answer_start is {start!r}; expected a whole number, an offset in characters")
    return number


_EXPECTED = 'expected {"text": ["..."], "answer_start": [0]}, with empty lists for a question without an answer'


def _nearest(text: str, context: str, start: int | None) -> int:
    """Offset of the occurrence nearest to `start`, or of the first if `start` is None; -1 if there is none."""
    if start is None:
        return context.find(text)
    offsets = [found.start() for found in re.finditer(f"(?={re.escape(text)})", context)]
    return min(offsets, key=lambda offset: (abs(offset - start), -offset), default=-1)
