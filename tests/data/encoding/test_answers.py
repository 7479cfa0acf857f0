"""Gold answers in every format, at the given offset or found elsewhere."""

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

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
        ({"text": "Ada", "answer_start": 19}, ["Ada"], [19], 0),
        ({"text": "Ada"}, ["Ada"], [0], 0),
        ({"text": ["Ada", "Bo"]}, ["Ada", "Bo"], [0, 8], 0),
        ({"text": ["Ada", "Bo"], "answer_start": [None, "12"]}, ["Ada", "Bo"], [0, 12], 0),
        ([{"text": "Ada", "answer_start": 19}, "Bo"], ["Ada", "Bo"], [19, 8], 0),
        ({"text": ["Ada"], "answer_start": [-4]}, ["Ada"], [0], 1),  # a negative offset is not one from the end
        (None, [], [], 0),
        ({"text": [" met "], "answer_start": [3]}, ["met"], [4], 0),  # outer white space
        ({"text": ["\tmet"], "answer_start": [4]}, ["met"], [4], 0),  # with the offset of the text
        ({"text": [" Ada"], "answer_start": [19]}, ["Ada"], [19], 0),  # likewise, of the second one
        ({"text": ["Ada\u00a0"], "answer_start": [19.0]}, ["Ada"], [19], 0),
        ({"text": ["", " ", "Bo"], "answer_start": [0, 0, 8]}, ["Bo"], [8], 0),  # an empty answer is none
    ],
)
def test_answers_are_found(given, texts, starts, moved):
    found = read_answers(given, CONTEXT)
    assert (found.texts, found.starts, found.moved) == (texts, starts, moved)


@pytest.mark.parametrize(
    "given",
    [
        {"answer": "Bo"},
        {"text": ["a"], "answer_start": []},
        [3],
        7,
        {"text": ["a"], "answer_start": [1.5]},
        {"text": ["a"], "answer_start": ["x"]},
        {"text": ["a"], "answer_start": [True]},
        {"text": ["a"], "answer_start": [float("inf")]},
        {"text": ["a"], "answer_start": [float("nan")]},
        {"text": ["a"], "answer_start": [[1]]},
        {"text": ["a", 3]},
        [{"answer_start": 3}],
    ],
)
def test_answers_in_an_unknown_format(given):
    with pytest.raises(ValueError, match=r"^(answers are|\d answer texts, but|answer_start is) .*expected"):
        read_answers(given, CONTEXT)


def test_what_is_read_otherwise_than_given_is_counted():
    given = {"text": [" Bo", "Bo\n", "", " ", "Ada", "Ada", "Eve"], "answer_start": [8, 8, 0, 0, 1, 2, 3]}
    found = read_answers(given, CONTEXT)
    assert (found.stripped, found.empty, found.moved) == (2, 2, 2)
    assert found.starts == [8, 8, 0, 0, -1] and not found.absent
    found = read_answers(["Bo", " Bo", "Ada"], CONTEXT)
    assert (found.stripped, found.empty, found.moved) == (1, 0, 0)  # without an offset nothing is moved


@settings(max_examples=150, deadline=None, derandomize=True)
@drawn(st.text("ab", min_size=1, max_size=14), st.text("ab", min_size=1, max_size=3), st.integers(-3, 16))
def test_an_answer_elsewhere_is_the_nearest_one(context, text, start):
    places = [place for place in range(len(context)) if context[place : place + len(text)] == text]
    found = read_answers({"text": [text], "answer_start": [start]}, context)
    # Of two that are equally near the later one.
    nearest = sorted(places, key=lambda place: (abs(place - start), -place))[:1]
    assert found.starts == (nearest or [-1])
    assert found.moved == (bool(places) and start not in places)


@settings(max_examples=300, deadline=None, derandomize=True)
@drawn(st.text("ab \n\u00a0é北😀", min_size=1, max_size=12), st.data())
def test_what_is_cut_out_of_a_context_is_found_there_stripped(context, data):
    start = data.draw(st.integers(0, len(context) - 1))
    outer = context[start : data.draw(st.integers(start + 1, len(context)))]
    found = read_answers({"text": [outer], "answer_start": [start]}, context)
    if not outer.strip():
        assert (found.texts, found.empty) == ([], 1)
    else:
        assert found.texts == [outer.strip()] and found.moved == 0 and not found.absent
        assert start <= found.starts[0] and context[found.starts[0] :].startswith(outer.strip())
        assert context[start : found.starts[0]].strip() == ""
    # Without an offset the first occurrence is taken.
    assert read_answers([outer], context).starts == [context.find(text) for text in [outer.strip()] if text]
