"""Labels on figures are short, distinct, and only of characters that the font has."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.figures import drawn_names


def test_names_that_can_be_drawn_stay():
    assert drawn_names.drawn(["negative", "é ü $x$ <b>", "Ω мир"]) == ["negative", "é ü $x$ <b>", "Ω мир"]
    assert drawn_names.key(["negative", "positive"]) == ""


def test_others_are_numbered():
    names = ["日本", "a", "x" * 60 + "1", "x" * 60 + "2", "two\nlines\x1b[31m"]
    long = "x" * 23 + "…"
    assert drawn_names.drawn(names) == ["#1", "a", f"#3 {long}", f"#4 {long}", "two lines [31m"]
    assert drawn_names.key(names) == f"#1 is 日本; #3 is {'x' * 60}1; #4 is {'x' * 60}2."


def test_a_name_that_looks_like_a_number_is_no_other_name():
    assert drawn_names.drawn(["#2", "日本"]) == ["#1 #2", "#2"]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.text(max_size=40), unique=True, max_size=8))
def test_any_names_are_distinct_and_short(names):
    drawn = drawn_names.drawn(names)
    assert len(set(drawn)) == len(names)
    assert all(0 < len(text) <= drawn_names.WIDTH + 4 for text in drawn)
