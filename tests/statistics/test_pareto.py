"""The Pareto front against its definition, pair by pair."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.statistics.pareto import front

numbers = st.one_of(st.integers(0, 5).map(float), st.sampled_from([math.nan, math.inf, -math.inf]))


def by_definition(first, second, larger):
    points = [(-a if larger[0] else a, -b if larger[1] else b) for a, b in zip(first, second, strict=True)]
    finite = [all(map(math.isfinite, point)) for point in points]

    def beaten(point):
        return any(
            ok and other != point and other[0] <= point[0] and other[1] <= point[1]
            for other, ok in zip(points, finite, strict=True)
        )

    return [ok and not beaten(point) for point, ok in zip(points, finite, strict=True)]


@given(st.lists(st.tuples(numbers, numbers), max_size=12), st.tuples(st.booleans(), st.booleans()))
def test_the_front_is_what_no_other_point_beats(points, larger):
    first, second = [point[0] for point in points], [point[1] for point in points]
    assert front(first, second, larger=larger).tolist() == by_definition(first, second, larger)


@pytest.mark.parametrize("larger", [(False, True), (True, False)])
def test_many_random_points(larger):
    first, second = np.random.default_rng(0).normal(size=(2, 300))
    assert front(first, second, larger=larger).tolist() == by_definition(first, second, larger)
