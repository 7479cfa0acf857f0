"""JSON files are valid by the standard, whatever the numbers."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.storage import files

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    max_leaves=8,
)


def expected(value):
    """What a reader gets back: the same, with None for what JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return list(map(expected, value))
    return {key: expected(part) for key, part in value.items()} if isinstance(value, dict) else value


def refuse(constant):
    raise AssertionError(constant)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.dictionaries(st.text(), VALUES))
def test_lines(record):
    line = files.json_line(record)
    assert json.loads(line, parse_constant=refuse) == expected(record) and line.endswith("\n")
    assert len(line.split("\n")) == 2


def test_numbers_that_are_not_finite_are_converted_on_purpose(tmp_path):
    for value in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match="JSON"):
            files.write_json(tmp_path / "file.json", {"score": value})
        files.write_json(tmp_path / "file.json", files.with_null({"score": value, "pair": (value, 1)}))
        assert json.loads((tmp_path / "file.json").read_text()) == {"score": None, "pair": [None, 1]}
