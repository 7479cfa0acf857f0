"""Spans with offsets in characters, UTF-16 code units and bytes, against Python's codecs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.data.encoding.spans import in_characters, other_units, read_span

CODECS = {"characters": ("utf-32-le", 4), "utf16": ("utf-16-le", 2), "bytes": ("utf-8", 1)}


def length(text, unit):
    codec, size = CODECS[unit]
    return len(text.encode(codec)) // size


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text("aé北😀 ", min_size=1, max_size=12), st.sampled_from(sorted(CODECS)), st.data())
def test_offsets_in_every_unit(text, unit, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    given = [length(text[:start], unit), length(text[:end], unit), "PER"]
    assert in_characters(text, [given], unit=unit) == [(start, end, "PER", None)]


TEXT = "😀😀 Anna met Bo"


@pytest.mark.parametrize(
    "text,spans,expected",
    [
        (TEXT, [[3, 7, "PER"], [12, 14, "PER"]], {"utf16": -2, "bytes": -2}),
        (TEXT, [[5, 9, "PER"], [14, 16, "PER"]], {"utf16": 2, "bytes": 0}),
        ("für Köln", [[5, 10, "LOC"]], {"utf16": 0, "bytes": 1}),
        ("Anna 😀", [[0, 4, "PER"]], {"utf16": 0, "bytes": 0}),
        ("Anna met Bo", [[0, 3, "PER"]], {"utf16": 0, "bytes": 0}),
        ("😀在北京", [{"start": 3, "end": 5, "label": "LOC", "text": "北京"}], {"utf16": 1, "bytes": 0}),
    ],
)
def test_evidence_of_another_unit(text, spans, expected):
    assert other_units(text, spans) == expected


@pytest.mark.parametrize(
    "spans,message",
    [
        ([[14, 16, "PER"]], "from 14 to 16 in a text of 14 characters; .*dataset.offsets=utf16"),
        ([{"start": 3, "end": 7, "label": "PER", "text": "Bo"}], "is 'Anna', but its own text is 'Bo'"),
        ([[3, 7, None]], "label of a span is None"),
        ([[3, True, "PER"]], "is not a span"),
        (["PER"], "'PER' is not a span"),
        ([[3, 3, "PER"]], "expected 0 <= start < end <= 14"),
    ],
)
def test_spans_that_are_refused(spans, message):
    with pytest.raises(ValueError, match=message):
        in_characters(TEXT, spans, unit="characters")


def test_an_offset_inside_a_character_is_refused():
    with pytest.raises(ValueError, match="from 1 to 4 in a text of 16 UTF-16 code units"):
        in_characters(TEXT, [[1, 4, "PER"]], unit="utf16")


def test_a_spans_own_text_may_lack_outer_white_space():
    assert in_characters("Anna Bo", [{"start": 0, "end": 5, "label": "PER", "text": "Anna"}], unit="characters")
    assert read_span([0, 4, "PER"]).text is None
