"""What is a label and a number, against JSON's and Python's own reading, exact fractions, and several hash seeds."""

import itertools
import json
import math
import os
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.data.encoding.label_names import (
    as_number,
    given_names,
    in_order,
    label_name,
    order_of_version_0_1,
    target_number,
)

fast = settings(max_examples=100, deadline=None, derandomize=True)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"])).filter(str.strip)
STRANGE = ("007", "7", "nan", "1e3", "\uff11", "1.0", "1", "1_0", "inf", "-0", "+1", ".5", "é", "É", "e\u0301", "z", "")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (" a b ", "a b"),
        ("007", "007"),
        ("1.0", "1.0"),
        ("nan", "nan"),
        ("\uff11", "\uff11"),
        (1, "1"),
        (1.0, "1"),
        (-0.0, "0"),
        (1e3, "1000"),
        (1e22, "10000000000000000000000"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (True, "True"),
        (False, "False"),
    ],
)
def test_a_value_has_one_name(value, name):
    assert label_name(value) == name


@pytest.mark.parametrize(
    "value", [None, math.nan, math.inf, -math.inf, {}, {"a": 1}, [], ["a"], "", "  ", "\ud800", b"a"]
)
def test_what_is_no_label_is_refused(value):
    with pytest.raises(ValueError, match=r"expected text or a number|not valid Unicode"):
        label_name(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "label None is null; expected text or a number"),
        (math.inf, "label inf is not finite; expected text or a number"),
        ({"a": 1}, "label {'a': 1} is an object; expected text or a number"),
        (["a"], "label ['a'] is a list (dataset.problem=multi_label is for several labels); expected text or a number"),
        (b"a", "label b'a' is of the type bytes; expected text or a number"),
        (" ", "the label is empty; expected text or a number"),
        ("a\udfff", r"label a\udfff is not valid Unicode (it has half of a surrogate pair)"),
    ],
)
def test_what_is_no_label_is_named(value, message):
    with pytest.raises(ValueError) as caught:
        label_name(value)
    assert str(caught.value) == message


@fast
@given(st.integers(-(10**20), 10**20), st.sampled_from(["", ".0", ".000", "e0", "E+0"]))
def test_however_json_writes_a_whole_number_it_is_one_label(number, ending):
    exact = number if ending == "" else int(float(number))
    assert label_name(json.loads(f"{number}{ending}")) == str(exact)


@fast
@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_share_a_name_if_and_only_if_they_are_equal(first, second):
    assert (label_name(first) == label_name(second)) == (Fraction(first) == Fraction(second))
    assert float(label_name(first)) == first


@fast
@given(st.lists(TEXT | st.sampled_from(STRANGE), unique=True), st.randoms())
def test_the_order_depends_on_the_names_alone(names, random):
    shuffled = random.sample(names, len(names))
    assert in_order(names) == in_order(shuffled) == in_order(set(names))
    assert sorted(in_order(names)) == sorted(names)


@fast
@given(st.lists(st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=3), unique_by=str))
def test_numbers_are_in_the_order_of_their_values(numbers):
    ordered = in_order(map(str, numbers))
    values = [float(name) for name in ordered]
    assert values == sorted(values)


def test_the_order_of_text_is_that_of_code_points():
    assert in_order(["10", "9", "1.5"]) == ("1.5", "9", "10")
    assert in_order(["1.0", "1", "01"]) == ("01", "1", "1.0")  # of equal numbers by text
    assert in_order(["10", "9", "a"]) == ("10", "9", "a")
    for other in ("nan", "\uff11", "1_0", "inf", "1e999", "0x1", "1 0"):  # all but the last two are numbers for float()
        assert in_order(["10", "9", other]) == tuple(sorted(["10", "9", other]))


def test_the_order_is_the_same_in_every_process():
    code = f"from tunesmith.data.encoding.label_names import in_order; print(ascii(in_order(set({STRANGE!r}) | {{'1.00'}})))"
    code += "; print(in_order({'1', '1.0', '01', '+1', '2', '1.00'}))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (0, 1, 3, 7)
    }
    assert len(printed) == 1


@fast
@given(st.floats(width=32, allow_nan=False, allow_infinity=False) | st.integers(-(10**30), 10**30))
def test_finite_numbers_are_targets(number):
    assert target_number(number) == float(number)
    assert target_number(f" {number} ") == float(number)
    assert as_number(repr(float(number))) == float(number)


@pytest.mark.parametrize(
    "value",
    [
        True,
        None,
        math.nan,
        math.inf,
        10**400,
        1e39,
        -1e39,
        "nan",
        "inf",
        "-Infinity",
        "1e400",
        "1_000",
        "\uff11",
        "3,5",
        "",
        "x",
        [1.0],
    ],
)
def test_what_is_no_finite_number_is_no_target(value):
    with pytest.raises(ValueError, match="is not a finite number"):
        target_number(value)


def test_given_names_differ():
    assert given_names([1, "b", True, 2.0]) == ("1", "b", "True", "2")
    with pytest.raises(ValueError, match="label '1' occurs 2 times"):
        given_names([1, "1 ", "a"])
    with pytest.raises(ValueError, match="empty"):
        given_names(["a", " "])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.sets(st.sampled_from(["1", "10", "2", "007", "7", "7.0", "1_0", "nan", "inf", "1e3", "a", "B"]), max_size=4))
def test_the_order_of_version_0_1(names):
    """Its key, applied to the set in every order that a hash table may have."""

    def key(name):
        try:
            return [float(other) for other in names] and float(name)
        except ValueError:
            return name

    orders = {tuple(sorted(order, key=key)) for order in itertools.permutations(names)}
    assert order_of_version_0_1(names) == (orders.pop() if len(orders) == 1 else None)
