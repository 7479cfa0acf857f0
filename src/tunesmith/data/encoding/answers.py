"""The gold answers of a question and their positions in its context."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answers:
    """The gold answers of a question.

    Attributes:
        texts: as given; empty if the question has no answer.
        starts: character offset of each answer in the context; -1 for a text that does not occur there.
        moved: number of answers that were not at the given offset and were found elsewhere.
    """

    texts: list[str]
    starts: list[int]
    moved: int = 0


def read_answers(given: Any, context: str) -> Answers:
    """Gold answers in any of the usual formats, located in their context.

    Args:
        given: {"text": [...], "answer_start": [...]}, a list of {"text", "answer_start"}, a list of texts, or a text.
        context: the text that contains them.

    Raises:
        ValueError: if `given` has another format; states what was expected and received.
    """
    texts, starts = _columns(given)
    found, moved = [], 0
    for text, start in zip(texts, starts, strict=True):
        if start is not None and start >= 0 and context[start : start + len(text)] == text:
            found.append(start)
            continue
        offset = _nearest(text, context, start)
        moved += offset >= 0 and start is not None
        found.append(offset)
    return Answers(texts, found, moved)


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
            texts, starts = [texts], None if starts is None else [starts]
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
    return list(texts), [None if start is None else int(start) for start in starts]


_EXPECTED = 'expected {"text": ["..."], "answer_start": [0]}, with empty lists for a question without an answer'


def _nearest(text: str, context: str, start: int | None) -> int:
    """Offset of the occurrence nearest to `start`, or of the first if `start` is None; -1 if there is none."""
    if not text or start is None:
        return context.find(text) if text else -1
    after, before = context.find(text, max(start, 0)), context.rfind(text, 0, max(start, 0) + len(text))
    offsets = [offset for offset in (after, before) if offset >= 0]
    return min(offsets, key=lambda offset: abs(offset - start), default=-1)
