"""Holm's correction against statsmodels."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from tunesmith.statistics.corrections import holm


def test_1000_random_families_equal_statsmodels(monkeypatch):
    monkeypatch.setattr("gc.collect", lambda: 0)  # statsmodels does after each family, which takes a tenth of a second
    generator = np.random.default_rng(0)
    for _ in range(1000):
        ps = generator.random(generator.integers(1, 12)) ** 3
        if generator.random() < 0.3:
            ps = np.round(ps, 1)  # ties
        assert holm(ps.tolist()) == pytest.approx(multipletests(ps, method="holm")[1])


def test_tests_that_were_not_made_do_not_count():
    assert holm([0.04, None, float("nan"), 0.01]) == [0.04, None, pytest.approx(float("nan"), nan_ok=True), 0.02]
    assert holm([]) == [] and holm([None]) == [None]


def test_a_larger_family():
    assert holm([0.01, 0.02], family=10) == pytest.approx([0.1, 0.18])
    assert holm([0.01, 0.02], family=1) == holm([0.01, 0.02])
