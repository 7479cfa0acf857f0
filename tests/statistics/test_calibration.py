"""On equal methods the tests that decide claim a difference in at most 5 %: a small, fixed part of the benchmark."""

import math

import pytest

from benchmarks.calibration_of_tests import (
    DECIDE,
    EXAMPLES_DECIDE,
    LEVEL,
    MODELS,
    SCORES,
    example_rates,
    rates,
)

SIMULATIONS = 300


@pytest.mark.parametrize("kind", SCORES)
@pytest.mark.parametrize("seeds", [3, 5, 20])
def test_equal_methods_are_rarely_told_apart(kind, seeds, monkeypatch):
    monkeypatch.setattr("benchmarks.calibration_of_tests.ORDERS", 0)
    found = rates(*SCORES[kind], seeds, SIMULATIONS)
    limit = LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / SIMULATIONS)
    assert {name: found[name][0] for name in DECIDE if found[name][0] > limit} == {}
    for name in ("paired covers", "Welch covers", *(["t covers"] if kind == "normal" else [])):
        assert found[name][0] >= 1 - limit


@pytest.mark.parametrize("kind", MODELS)
def test_equal_models_are_rarely_told_apart_on_examples(kind):
    found = example_rates(*MODELS[kind], 50, SIMULATIONS)
    limit = LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / SIMULATIONS)
    assert {name: rate for name, rate in found.items() if name in EXAMPLES_DECIDE and rate > limit} == {}
    assert found["bootstrap covers"] >= 0.9 - 3 * math.sqrt(0.1 * 0.9 / SIMULATIONS)
