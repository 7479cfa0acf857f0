"""Words and tags from lists and from character spans."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


TEXT = "ab, cde f"
WORDS = [(0, 2), (2, 3), (4, 7), (8, 9)]
SPANS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 9), st.sampled_from(["A", "B"])).filter(lambda span: span[0] < span[1]),
    max_size=5,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SPANS)
def test_each_word_belongs_to_the_first_longest_span_that_touches_it(spans):
    found = from_text(TEXT, spans)
    assert found.words == [TEXT[start:end] for start, end in WORDS]
    order = sorted(set(spans), key=lambda span: (span[0], -span[1], span[2]))
    touched = [{word for word in WORDS if set(range(*word)) & set(range(*span[:2]))} for span in order]
    owners = {word: next((n for n, words in enumerate(touched) if word in words), None) for word in WORDS}
    for number, span in enumerate(order):
        own = [word for word in WORDS if owners[word] == number]
        tags = [found.tags[WORDS.index(word)] for word in own]
        assert tags == [f"{'I' if position else 'B'}-{span[2]}" for position in range(len(own))]
    assert [found.tags[index] for index, word in enumerate(WORDS) if owners[word] is None] == ["O"] * list(
        owners.values()
    ).count(None)
    kept = [n for n in range(len(order)) if n in owners.values()]
    assert found.lost == tuple(span[2] for n, span in enumerate(order) if n not in kept)
    # A span is as given only if it begins and ends with words, all of which are its own.
    whole = [n for n in kept if all(owners[word] == n for word in touched[n])]
    exact = [n for n in whole if (min(touched[n])[0], max(touched[n])[1]) == order[n][:2]]
    assert found.misaligned == len(kept) - len(exact)


def test_rows_without_tags_have_words_only():
    assert from_text(TEXT, None) == from_lists(["ab", ",", "cde", "f"], None)
    found = from_lists(("a", "b"), ["O", 3])
    assert (found.words, found.tags, found.misaligned, found.lost) == (["a", "b"], ["O", 3], 0, ())


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
        (lambda: from_lists(["a", "b"], ["O", 1.0]), "tag 2 is 1.0; expected a text, or the number of a tag"),
        (lambda: from_lists(["a"], "O"), "^expected a list of tags, received str$"),
        (lambda: from_lists(None, None), "^expected a list of words, received NoneType$"),
        (
            lambda: from_lists(["a", "b"], []),
            r"numbers of words \(2\) and tags \(0\) differ; expected a tag for each word$",
        ),
        (lambda: from_lists(["a", True], None), "word 2 is true; expected a text$"),
        (lambda: from_lists(["a", "é", 1.5], None), 'word 3 is 1.5; expected a text, such as "1.5"$'),
        (lambda: from_lists([["é" * 99]], None), f'word 1 is \\["{"é" * 38}; expected a text$'),
        (lambda: from_lists([{"a": {1}}], None), "word 1 is {.*; expected a text$"),
        (lambda: from_text(None, None), "^a text with no words; drop the row$"),
        (lambda: from_text(3, None), "^expected a text, received 3$"),
        (lambda: from_lists([], None), "^a sentence with no words; drop the row$"),
    ],
)
def test_invalid_rows(read, message):
    with pytest.raises(ValueError, match=message):
        read()
