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
# Characters on both sides of each limit of UTF-8 and UTF-16.
@given(
    st.text("aé北😀 \x7f\x80\u07ff\u0800\uffff\U00010000", min_size=1, max_size=12),
    st.sampled_from(sorted(CODECS)),
    st.data(),
)
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
        (
            [[18, 20, "PER"]],
            "from 18 to 20 in a text of 14 characters; expected .* <= 14, or set dataset.offsets=bytes if",
        ),
        ([[13, 99, "PER"]], "from 13 to 99 in a text of 14 characters; expected 0 <= start < end <= 14$"),
        ([[99, 7, "PER"]], "from 99 to 7 in"),
        ([[7, 3, "PER"]], "from 7 to 3 in"),
        (
            [{"start": 5, "end": 9, "label": "PER", "text": "Anna"}],
            "its offsets, or set dataset.offsets=utf16 if offsets",
        ),
        ([[3, 7, " "]], "label of a span is ' '"),
        ([[3, 7]], "is not a span"),
        ([[3, 7, "PER", "Anna"]], "is not a span"),
        ([["3", 7, "PER"]], "is not a span"),
        ([{"start": 3, "label": "PER"}], "is not a span"),
        ([{"start": 3, "end": 7, "label": "PER", "text": "Bo"}], "is 'Anna', but its own text is 'Bo'"),
        ([[3, 7, None]], "label of a span is None"),
        ([[3, True, "PER"]], "is not a span"),
        (["PER"], "'PER' is not a span"),
        ([5], "5 is not a span"),
        ([None], "None is not a span"),
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
    assert in_characters("Anna Bo", [{"start": 0, "end": 4, "label": "PER", "text": " Anna"}], unit="characters")
    assert read_span([0, 4, "PER"]).text is None


def test_objects_and_lists_are_the_same_span():
    assert read_span({"start": 1, "end": 2, "label": "A"}) == read_span((1, 2, "A")) == (1, 2, "A", None)
    assert read_span({"start": 1, "end": 2, "label": "A", "text": "b"}) == (1, 2, "A", "b")
    assert read_span({"start": 1, "end": 2, "label": "A", "text": 3}).text is None
    assert read_span(read_span([1, 2, "A"])) == (1, 2, "A", None)


def test_a_text_without_longer_characters_has_no_other_unit():
    with pytest.raises(ValueError, match=r"from 2 to 9 in a text of 4 characters; expected 0 <= start < end <= 4$"):
        in_characters("Anna", [[2, 9, "PER"]], unit="characters")
    with pytest.raises(
        ValueError, match=r"in a text of 16 UTF-16 code units.* <= 16$"
    ):  # nor does a text of a known unit
        in_characters(TEXT, [[18, 20, "PER"]], unit="utf16")


@pytest.mark.parametrize(
    ("span", "units"),
    [
        ([3, 7, "X"], {"characters"}),  # Anna
        ([5, 9, "X"], {"utf16"}),
        ([9, 13, "X"], {"bytes"}),
        ([3, 6, "X"], set()),  # ends inside a word
        ([4, 7, "X"], set()),  # begins inside a word
        ({"start": 4, "end": 7, "label": "X", "text": "nna"}, {"characters"}),  # its own text decides
        ({"start": 3, "end": 7, "label": "X", "text": "Bo"}, set()),
    ],
)
def test_spans_fit_where_words_or_their_own_texts_are(span, units):
    found = other_units(TEXT, [span])
    assert found == {unit: (unit in units) - ("characters" in units) for unit in ("utf16", "bytes")}


def test_an_empty_span_fits_nowhere():
    assert other_units("é,a", [[1, 1, "X"]]) == {"utf16": 0, "bytes": 0}


@pytest.mark.parametrize("character", ["\x7f", "\x80", "\u07ff", "\u0800", "\uffff", "\U00010000"])
@pytest.mark.parametrize("unit", CODECS)
def test_the_limits_of_utf8_and_utf16(character, unit):
    end = length(character, unit) + 1
    assert in_characters(character + "a", [[end - 1, end, "X"]], unit=unit) == [(1, 2, "X", None)]
