"""Verdicts on scores, against the textbook's interval, scipy's and a simulation."""

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from tunesmith.reproducing import judgement
from tunesmith.reproducing.judgement import equal, judged, worst
from tunesmith.statistics.prediction_interval import interval_for_mean, prediction_interval

SEEDS = [{"f1": 0.50}, {"f1": 0.52}, {"f1": 0.54}]


def verdict(before, after, *, seeds=SEEDS, bitwise=False, decimals=None):
    (found,) = judged({"f1": before}, {} if after is None else {"f1": after}, seeds, bitwise=bitwise, decimals=decimals)
    return found.verdict


def test_the_interval_of_a_worked_example():
    # 0.52 -+ t(0.975, 2) * 0.02 * sqrt(1 + 1/3), with 4.302653 of any table of t
    assert prediction_interval([0.50, 0.52, 0.54]) == pytest.approx((0.52 - 0.0993656, 0.52 + 0.0993656), abs=1e-6)


@given(some.lists(some.floats(-10, 10), min_size=3, max_size=20), some.integers(1, 5))
def test_the_interval_is_scipys(observed, new):
    mean, error = statistics.fmean(observed), statistics.stdev(observed) * math.sqrt(1 / new + 1 / len(observed))
    expected = stats.t.interval(0.95, len(observed) - 1, loc=mean, scale=error) if error else (mean, mean)
    assert prediction_interval(observed, new=new) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("count", [3, 5, 20])
def test_a_new_seed_is_in_it_as_often_as_it_says(count):
    generator = random.Random(count)
    hits = 0
    for _ in range(2000):
        *observed, new = (generator.gauss(0.8, 0.01) for _ in range(count + 1))
        lower, upper = prediction_interval(observed)
        hits += lower <= new <= upper
    assert abs(hits / 2000 - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 2000)


@pytest.mark.parametrize("observed", [[], [0.5], [0.5, 0.6], [0.5, 0.6, math.nan], [0.5, 0.6, math.inf]])
def test_no_interval_from_too_little(observed):
    assert prediction_interval(observed) is None
    assert interval_for_mean(0.5, 0.1, observed=len(observed[:2]), new=1) is None


@pytest.mark.parametrize(
    "before,after,expected",
    [
        (0.52, 0.52, judgement.IDENTICAL),
        (0.52, math.nextafter(0.52, 1), judgement.WITHIN),
        (0.52, 0.619, judgement.WITHIN),
        (0.52, 0.620, judgement.OUTSIDE),
        (0.52, 0.420, judgement.OUTSIDE),
        (0.52, None, judgement.MISSING),
        (0.52, math.nan, judgement.OUTSIDE),
        (math.nan, math.nan, judgement.IDENTICAL),
        (math.nan, 0.52, judgement.WITHIN),
    ],
)
def test_on_another_machine(before, after, expected):
    assert verdict(before, after) == expected


def test_on_the_same_machine_only_the_same_bits():
    assert verdict(0.52, math.nextafter(0.52, 1), bitwise=True) == judgement.DIFFERS
    assert verdict(0.52, 0.52, bitwise=True) == judgement.IDENTICAL
    assert verdict(0.0, -0.0, bitwise=True) == judgement.IDENTICAL


def test_few_seeds_and_seeds_that_do_not_vary():
    assert verdict(0.5, 0.51, seeds=SEEDS[:2]) == judgement.UNKNOWN
    assert verdict(0.5, 0.51, seeds=[{"f1": math.nan}, *SEEDS]) == judgement.UNKNOWN
    assert verdict(0.5, math.nan, seeds=SEEDS[:2]) == judgement.OUTSIDE  # a number became none: that is no noise
    assert verdict(1.0, 0.999, seeds=[{"f1": 1.0}] * 3) == judgement.OUTSIDE


@pytest.mark.parametrize(
    "after,expected",
    [(0.73604, True), (0.73596, True), (0.7361, False), (0.73594, False), (math.nan, False), (0.7360, True)],
)
def test_rounded_scores(after, expected):
    assert equal(0.7360, after, 4) is expected


def test_the_worst_counts_and_new_scores_do_not():
    found = judged({"f1": 0.52, "loss": 1.0}, {"f1": 0.52, "loss": 9.0, "new": 1.0}, SEEDS, bitwise=False)
    assert [part.score for part in found] == ["f1", "loss"]
    assert worst(found) == judgement.UNKNOWN  # no seed recorded a loss
    assert worst(found[:1]) == judgement.IDENTICAL and worst([]) == judgement.BY_MEAN
