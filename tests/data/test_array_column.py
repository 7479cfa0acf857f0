"""Rows of an Arrow column are those that pyarrow takes itself, whatever its chunks."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.data.array_column import ArrayColumn

NUMBERS = st.integers(-(2**31), 2**31 - 1)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(NUMBERS, max_size=4), max_size=4)
    | st.lists(st.lists(st.lists(NUMBERS, max_size=3), max_size=4), max_size=4),
    st.integers(0, 3),
    st.data(),
)
def test_rows_of_a_chunked_column(chunks, skipped, data):
    """Also of one whose first rows are cut off, which leaves their values in memory."""
    lists = any(isinstance(value, list) for chunk in chunks for value in chunk)
    column = pa.chunked_array(chunks, pa.list_(pa.int64()) if lists else pa.int64()).slice(skipped)
    count = len(column)
    rows = data.draw(st.lists(st.integers(0, count - 1), max_size=6) if count else st.just([]))
    taken = ArrayColumn(column).take(np.array(rows, dtype=np.int64))
    assert [value.tolist() for value in taken] == column.take(pa.array(rows, pa.int64())).to_pylist()


def test_numbers_of_one_bit_are_read_too():
    assert ArrayColumn(pa.chunked_array([[True, False], [True]])).take(np.array([2, 1])) == [True, False]


def test_lists_are_not_copied():
    chunk = pa.array([[1, 2], [3], []], pa.list_(pa.int32()))
    taken = ArrayColumn(pa.chunked_array([chunk])).take(np.array([1, 0]))
    assert all(np.shares_memory(value, chunk.values.to_numpy()) for value in taken)
