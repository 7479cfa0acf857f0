"""Rows that a program gives: those of a file of JSON lines with the same objects, or a message."""

import datetime
import json

import datasets
import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.prediction.test_input_rows import TASK
from tunesmith.errors import UserError
from tunesmith.prediction.given_rows import given_rows
from tunesmith.prediction.input_rows import input_rows

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.dictionaries(st.text(), values, max_size=3).map(lambda row: row | {"text": "a"}), max_size=3))
def test_as_a_file_of_json_lines(tmp_path_factory, rows):
    file = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert list(given_rows(rows, TASK)) == list(input_rows(str(file), TASK, {})) == rows


@pytest.mark.parametrize(
    "inputs",
    [
        ["a", "b"],
        ("a", "b"),
        np.array(["a", "b"]),
        pandas.Series(["a", "b"]),
        datasets.Dataset.from_dict({"text": ["a", "b"]}),
        (text for text in "ab"),
    ],
)
def test_texts_from_what_holds_them(inputs):
    assert list(given_rows(inputs, TASK)) == [{"text": "a"}, {"text": "b"}]


@pytest.mark.parametrize(
    "inputs,message",
    [
        ("a text", r"predict received 'a text'; expected a list of texts, or of dictionaries with the columns text"),
        (b"ab", "expected a list"),
        ({"text": "a"}, "expected a list"),
        (None, "expected a list"),
        (pandas.DataFrame({"text": ["a"]}), r'a DataFrame; expected a list: frame.to_dict\("records"\)'),
        (["a", 3], r"^inputs\[1\] is 3; expected a text, or a dictionary with the columns text"),
        ([None], r"inputs\[0\] is None"),
        ([["a", "b"]], r"inputs\[0\] is \['a', 'b'\]; expected a text"),
        ([float("nan")], r"inputs\[0\] is nan"),
        ([{}], r"inputs\[0\] has no text; it has no columns"),
        ([{"texts": "a", 1: 2}], r"has no text; it has texts, 1; did you mean texts\?"),
        ([{"text": float("nan")}], r"inputs\[0\]: NaN is not in JSON; expected a finite number"),
        ([{"text": "a", "n": np.float32(1)}], r"inputs\[0\]: .*float32.*; write the value as text or None"),
        ([{"text": "a", "on": datetime.date(2020, 1, 1)}], "date"),
        ([{"text": "a", "n": float("inf")}], "Infinity is not in JSON"),
        (["\ud800"], "half of a surrogate pair"),
        ([{"text": "a", "1": 1, 1: 2}], 'the key "1" occurs twice'),
    ],
)
def test_anything_else_is_refused(inputs, message):
    with pytest.raises(UserError, match=message):
        list(given_rows(inputs, TASK))
