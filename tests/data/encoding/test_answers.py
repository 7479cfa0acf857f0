"""Gold answers in every format, at the given offset or found elsewhere."""

import pytest

from tunesmith.data.encoding.answers import read_answers

CONTEXT = "Ada met Bo. Bo met Ada."


@pytest.mark.parametrize(
    "given,texts,starts,moved",
    [
        ({"text": ["Ada"], "answer_start": [19]}, ["Ada"], [19], 0),
        ({"text": ["Ada"], "answer_start": [18]}, ["Ada"], [19], 1),
        ({"text": ["Ada"], "answer_start": [3]}, ["Ada"], [0], 1),
        ({"text": ["Eve"], "answer_start": [3]}, ["Eve"], [-1], 0),
        ({"text": [], "answer_start": []}, [], [], 0),
        ([{"text": "Bo", "answer_start": 8}, {"text": "Ada"}], ["Bo", "Ada"], [8, 0], 0),
        (["Bo"], ["Bo"], [8], 0),
        ("Bo", ["Bo"], [8], 0),
        (None, [], [], 0),
    ],
)
def test_answers_are_found(given, texts, starts, moved):
    found = read_answers(given, CONTEXT)
    assert (found.texts, found.starts, found.moved) == (texts, starts, moved)


@pytest.mark.parametrize("given", [{"answer": "Bo"}, {"text": ["a"], "answer_start": []}, [3], 7])
def test_answers_in_an_unknown_format(given):
    with pytest.raises(ValueError, match="answer"):
        read_answers(given, CONTEXT)
