"""Which settings of trials are numbers, on which scale, and where categories are."""

import numpy as np
import pytest

from tunesmith.report.settings import settings


def of(*texts):
    return settings([{} if text is None else {"key": text} for text in texts])


def test_numbers_are_places_and_spread_ones_are_logarithmic():
    (rate,) = of("1e-5", "0.001", "3e-4")
    assert rate.numeric and rate.axis.log and rate.axis.categories == ()
    np.testing.assert_array_equal(rate.axis.places, [1e-5, 1e-3, 3e-4])
    np.testing.assert_allclose(rate.axis.linear, [-5, -3, np.log10(3e-4)])


@pytest.mark.parametrize("texts", [("1", "20"), ("0", "1000"), ("-1", "1000"), ("5", "6")])
def test_narrow_ranges_and_numbers_that_are_not_positive_are_linear(texts):
    (setting,) = of(*texts)
    assert setting.numeric and not setting.axis.log


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "null", "true", "1_0", "[1,2]", "٣", "0x1", "", "1 "])
def test_one_value_that_is_no_finite_number_makes_categories(text):
    (setting,) = of("2", "10", text)
    assert not setting.numeric and setting.axis.categories[:2] == ("2", "10")  # numbers in their order, then names
    assert setting.axis.places.tolist() == [0, 1, 2]


def test_a_trial_without_the_setting_has_no_place():
    (numeric,) = of("1", None, "2")
    np.testing.assert_array_equal(numeric.axis.places, [1, np.nan, 2])
    (name,) = of("a", None)
    np.testing.assert_array_equal(name.axis.places, [0, np.nan])


def test_a_setting_with_one_value_does_not_vary():
    assert of("1", "1.0", "1e0") == [] and of("a", "a") == [] and of() == []


def test_of_thirty_categories_the_best_keep_their_place():
    (setting,) = of(*[f"some/long-prefix/name-{number:02}" for number in range(30)], "some/long-prefix/name-03")
    assert len(setting.axis.categories) == 12 and setting.axis.categories[-1] == "19 others"
    assert setting.axis.categories[:2] == ("…00", "…01") and setting.distinct == 30
    assert setting.axis.places.tolist() == [*range(11), *[11] * 19, 3]
