"""Several labels in a cell, against what Python, JSON, pandas and NumPy write."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.data.encoding.label_lists import is_multi_hot, label_list

fast = settings(max_examples=100, deadline=None, derandomize=True)
PLAIN = st.text(st.characters(exclude_categories=["Cs"])) | st.integers() | st.booleans()


@fast
@given(st.lists(PLAIN), st.sampled_from([json.dumps, repr, lambda labels: json.dumps(labels, ensure_ascii=False)]))
def test_a_list_written_in_a_cell_is_that_list(labels, write):
    assert label_list(write(labels), given=()) == labels


@fast
@given(st.lists(PLAIN, min_size=2))
def test_so_is_a_tuple_and_a_set(labels):
    assert label_list(repr(tuple(labels)), given=()) == labels
    assert set(label_list(repr(set(map(str, labels))), given=())) == set(map(str, labels))


@fast
@given(
    st.lists(st.from_regex(r"[a-z0-9é&]+( [a-z]+)?", fullmatch=True), min_size=1), st.sampled_from(",;|"), st.booleans()
)
def test_labels_between_separators(labels, separator, blank):
    assert label_list((separator + " " * blank).join(labels), given=()) == labels


def test_empty_cells_are_no_label():
    assert [label_list(cell, given=()) for cell in ("", " ", "[]", [], ",", "[ ]")] == [[]] * 6


@pytest.mark.parametrize(
    "cell",
    [
        str(np.array(["a", "b"])),  # ['a' 'b'], which Python reads as ['ab']
        str(np.array([0, 1, 1])),
        "[a, b]",
        "[nan]",
        "['a', None]",
        "['a', b'x']",
        "[np.str_('a')]",
        "[" * 100_000 + "]",
        "['\\x']",
        "a,b;c",
        "Comedy, romantic|Drama",
    ],
)
def test_a_cell_that_can_be_read_in_two_ways_is_refused(cell):
    with pytest.raises(ValueError, match=r"cannot be read as a list|has several separators"):
        label_list(cell, given=())


def test_given_names_may_hold_separators():
    names = ("Comedy, romantic", "Drama", "Action; war", "[none]")
    assert label_list("Comedy, romantic", given=names) == ["Comedy, romantic"]
    assert label_list("Comedy, romantic|Drama", given=names) == ["Comedy, romantic", "Drama"]
    assert label_list("Drama, Action; war", given=names) == ["Drama", "Action; war"]
    assert label_list("[none]", given=names) == ["[none]"]
    assert label_list("a, b; c", given=("a", "b", "c")) == ["a", "b", "c"]
    assert label_list("a, bX; c", given=("a", "bX", "c")) == ["a", "bX", "c"]


def test_half_a_bracket_is_text():
    assert [label_list(cell, given=()) for cell in ("a]", "[a", "(a", "X")] == [["a]"], ["[a"], ["(a"], ["X"]]


def test_separators_are_named():
    message = r"^a,b;c has several separators \(; and ,\); use one of them, write \['a', 'b'\], or name the labels in dataset.l"
    with pytest.raises(ValueError, match=message):
        label_list("a,b;c", given=("a", "b"))
    with pytest.raises(
        ValueError, match=r"^\['a' 'b'\] cannot be read as a list; expected \['a', 'b'\], or labels sep"
    ):
        label_list("['a' 'b']", given=())


@pytest.mark.parametrize(
    ("rows", "labels", "expected"),
    [
        ([[0, 0, 1]], 3, True),
        ([[0, 1], [1, 0], []], 2, True),
        ([[0, 1], [1]], 2, False),  # indices
        ([[0, 1]], 28, False),
        ([[0, 1], [1, 0]], 0, True),
        ([[], [0, 1, 1]], 0, True),
        ([[0, 1], [1, 0]], 1, False),
        ([[0, 1], [1, 1]], 28, True),
        ([["0", "1", "1"], ["a"]], 0, True),
        ([[True, False, True]], 0, True),
        ([[2, 5], [0], [27, 27]], 28, False),
        ([["a", "b"]], 2, False),
        ([[]], 2, False),
        ([], 0, False),
    ],
)
def test_multi_hot_columns(rows, labels, expected):
    assert is_multi_hot(rows, labels=labels) is expected
