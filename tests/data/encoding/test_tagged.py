"""Words and tags from lists and from character spans."""

import pytest

from tunesmith.data.encoding.tagged import from_lists, from_text


def test_spans_become_bio_tags():
    text = "Anna Lee-Smith left U.N. on May 1."
    spans = [{"start": 0, "end": 14, "label": "PER"}, {"start": 20, "end": 24, "label": "ORG"}]
    found = from_text(text, spans)
    assert found.words == ["Anna", "Lee", "-", "Smith", "left", "U", ".", "N", ".", "on", "May", "1", "."]
    assert found.tags == "B-PER I-PER I-PER I-PER O B-ORG I-ORG I-ORG I-ORG O O O O".split()
    assert found.misaligned == 0


def test_misaligned_and_overlapping_spans_are_counted():
    found = from_text("Washington state", [[0, 4, "LOC"], [5, 16, "ORG"]])
    assert found.tags == ["B-LOC", "B-ORG"] and found.misaligned == 2


def test_what_is_lost_is_counted_apart():
    spans = [[0, 4, "PER"], [0, 8, "ORG"], [5, 8, "LOC"], [0, 8, "ORG"]]
    found = from_text("Anna Lee left", spans)  # the longest that begins first keeps its words
    assert found.tags == ["B-ORG", "I-ORG", "O"] and found.misaligned == 0 and found.lost == ("PER", "LOC")
    assert from_text("a  b", [[1, 2, "X"]]).lost == ("X",)


@pytest.mark.parametrize(
    "read,message",
    [
        (lambda: from_lists(["a", "b"], ["O"]), r"numbers of words \(2\) and tags \(1\) differ"),
        (lambda: from_lists([], []), "no words"),
        (lambda: from_lists("text", ["O"]), "expected a list of words, received str"),
        (lambda: from_text(" \n", []), "no words"),
        (lambda: from_text("abc", [[1, 9, "X"]]), "a span from 1 to 9 in a text of 3"),
        (lambda: from_text("abc", [{"start": 1}]), "is not a span"),
        (lambda: from_text("abc", "PER"), "expected a list of spans, received str"),
        (lambda: from_text(["abc"], []), "expected a text, received"),
        (lambda: from_lists(["a", None], ["O", "O"]), "word 2 is null; expected a text"),
        (lambda: from_lists(["a", 5], ["O", "O"]), 'word 2 is 5; expected a text, such as "5"'),
        (lambda: from_lists([["a"], "b"], ["O", "O"]), r'word 1 is \["a"\]'),
        (lambda: from_lists(["a"], [None]), "tag 1 is null"),
        (lambda: from_lists(["a"], [["O"]]), "tag 1 is"),
        (lambda: from_lists(["a"], [True]), "tag 1 is true"),
        (lambda: from_lists(["a"], [1.0]), "tag 1 is 1.0"),
    ],
)
def test_invalid_rows(read, message):
    with pytest.raises(ValueError, match=message):
        read()
