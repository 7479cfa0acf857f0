"""Digits of scores, rates and times, as a person would write them."""

import math

import pytest

from tunesmith.documents.durations import duration, time_left
from tunesmith.documents.numbers import rate, score


@pytest.mark.parametrize(
    "value,examples,expected",
    [
        (0.93584, 999, "0.936"),
        (0.93584, 1000, "0.9358"),
        (0.93584, None, "0.9358"),
        (12.34567, 50, "12.346"),
        (1.0, 50, "1.000"),
        (1 - 1 / 1999, 999, "0.9995"),  # F1 with one mistake
        (0.99996, 30_000, "0.99996"),
        (-0.99996, 500, "-0.99996"),
        (0.9999999403953552, 500, "1.000"),  # 1 in float32
        (1.00004, None, "1.0000"),
        (0.999, 500, "0.999"),
        (0.0, 50, "0.000"),
        (0.000123, 50, "1.23e-04"),
        (math.nan, 50, "nan"),
        (-math.inf, 50, "-inf"),
    ],
)
def test_score(value, examples, expected):
    assert score(value, examples) == expected


@pytest.mark.parametrize(
    "value,expected",
    [
        (1e-5, "1e-5"),
        (2.7000000000000002e-05, "2.7e-5"),
        (3e-5 * 0.9**11, "9.41e-6"),
        (0.01, "0.01"),
        (0.1, "0.1"),
        (0.0, "0"),
        (1.0, "1"),
    ],
)
def test_rate(value, expected):
    assert rate(value) == expected


@pytest.mark.parametrize(
    "seconds,expected",
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (59.99, "1 min 0 s"), (723, "12 min 3 s"), (11_100, "3 h 5 min")],
)
def test_duration(seconds, expected):
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    "seconds,expected",
    [(-1, "0 s left"), (12.4, "12 s left"), (99.4, "99 s left"), (100, "2 min left"), (7500, "2 h 5 min left")],
)
def test_time_left(seconds, expected):
    assert time_left(seconds) == expected
