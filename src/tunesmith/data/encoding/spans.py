"""Spans of a text as annotation tools write them: offsets in characters (code points), UTF-16 code units or bytes."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Literal, NamedTuple

from tunesmith.data.encoding.running_text import word_bounds

Unit = Literal["characters", "utf16", "bytes"]
_OTHERS: tuple[Unit, ...] = ("utf16", "bytes")
WHAT = {"utf16": "UTF-16 code units, as JavaScript and Java do", "bytes": "bytes of UTF-8"}


class Span(NamedTuple):
    """An entity of a text: `start`, `end` (exclusive), its type, and the text itself if it was given."""

    start: int
    end: int
    label: str
    text: str | None = None


def read_span(given: Any) -> Span:
    """A span from an object with `start`, `end`, `label` and perhaps `text`, or a list of the first three.

    Raises:
        ValueError: states what was expected and received.
    """
    if isinstance(given, Span):
        return given
    parts: list[Any] = (
        [given.get(name) for name in ("start", "end", "label")] if isinstance(given, Mapping) else _list(given)
    )
    if len(parts) != 3 or any(not isinstance(part, int) or isinstance(part, bool) for part in parts[:2]):
        raise ValueError(f'{given!r} is not a span; expected {{"start": 0, "end": 5, "label": "PER"}}')
    if not isinstance(parts[2], str) or not parts[2].strip():
        raise ValueError(f"the label of a span is {parts[2]!r}; expected a name such as PER")
    text = given.get("text") if isinstance(given, Mapping) else None
    return Span(parts[0], parts[1], parts[2], text if isinstance(text, str) else None)


def _list(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list | tuple) else []


def in_characters(text: str, spans: Sequence[Any], *, unit: Unit) -> list[Span]:
    """Spans with offsets in characters, from offsets in `unit`.

    Raises:
        ValueError: for a span outside of the text or inside a character, or whose own text is not at its offsets.
    """
    places = {offset: index for index, offset in enumerate(_offsets(text, unit))}
    found = []
    for span in map(read_span, spans):
        start, end = places.get(span.start), places.get(span.end)
        if start is None or end is None or start >= end:
            raise ValueError(
                f"a span from {span.start} to {span.end} in a text of {_length(text, unit)}; expected 0 <= start < end <= "
                f"{max(places)}{_other_unit(text, span, unit)}"
            )
        if span.text is not None and span.text.strip() != text[start:end].strip():
            raise ValueError(
                f"the span from {span.start} to {span.end} is {text[start:end]!r}, but its own text is {span.text!r}; "
                f"correct its offsets{_other_unit(text, span, unit)}"
            )
        found.append(Span(start, end, span.label))
    return found


def other_units(text: str, spans: Sequence[Any]) -> dict[Unit, int]:
    """For UTF-16 and bytes: spans that fit only if offsets are in that unit, less those that fit only in characters.

    A span fits where its own text is, or else where words begin and end. Only spans behind characters of more than one unit
    are evidence.
    """
    if text.isascii():
        return dict.fromkeys(_OTHERS, 0)
    read = [read_span(span) for span in spans]
    fits = {unit: _fits(text, read, unit) for unit in ("characters", *_OTHERS)}
    return {unit: sum(fits[unit]) - sum(fits["characters"]) for unit in _OTHERS}


def unit_matters(text: str, spans: Sequence[Any]) -> bool:
    """Whether a span would be another one if its offsets counted UTF-16 code units, and no span has its own text to tell.

    So it is behind characters beyond U+FFFF, such as emoji, which are two code units.
    """
    first = next((offset for offset, character in enumerate(text) if character > "\uffff"), None)
    read = [read_span(span) for span in spans]
    return first is not None and any(span.end > first for span in read) and all(span.text is None for span in read)


def _fits(text: str, spans: Sequence[Span], unit: Unit) -> list[bool]:
    """For each span whether it fits if offsets are in `unit`."""
    places = {offset: index for index, offset in enumerate(_offsets(text, unit))}
    bounds = word_bounds(text)
    edges = {start for start, _ in bounds}, {end for _, end in bounds}
    return [_fit(text, span, places, edges) for span in spans]


def _fit(text: str, span: Span, places: dict[int, int], edges: tuple[set[int], set[int]]) -> bool:
    start, end = places.get(span.start), places.get(span.end)
    if start is None or end is None or start >= end:
        return False
    return text[start:end] == span.text if span.text is not None else start in edges[0] and end in edges[1]


def _offsets(text: str, unit: Unit) -> list[int]:
    """The offset of each character, and of the text's end."""
    return [0, *accumulate(_width(ord(character), unit) for character in text)]


def _width(code: int, unit: Unit) -> int:
    if unit == "characters":
        return 1
    return 1 + (code > 0xFFFF) if unit == "utf16" else 1 + (code > 0x7F) + (code > 0x7FF) + (code > 0xFFFF)


def _length(text: str, unit: Unit) -> str:
    return f"{_offsets(text, unit)[-1]} {'characters' if unit == 'characters' else WHAT[unit]}"


def _other_unit(text: str, span: Span, unit: Unit) -> str:
    """The remedy if the span fits in another unit."""
    if unit == "characters" and not text.isascii():
        for other in _OTHERS:
            if _fits(text, [span], other)[0]:
                return f", or set dataset.offsets={other} if offsets count {WHAT[other]}"
    return ""
