"""Effect sizes against their formulas, SciPy and simulation."""

import numpy as np
import pytest
from scipy import stats

from tunesmith.statistics.effect_sizes import hedges_g, paired_g, superiority


def test_hedges_g_is_unbiased():
    generator = np.random.default_rng(0)
    first, second = generator.normal(1, 1, (4_000, 3)), generator.normal(0, 1, (4_000, 4))
    assert np.mean([hedges_g(*pair) for pair in zip(first, second, strict=True)]) == pytest.approx(1, abs=0.06)
    zero, other = np.zeros(5), generator.normal(0.5, 1, (4_000, 5))
    assert np.mean([paired_g(scores, zero) for scores in other]) == pytest.approx(0.5, abs=0.04)


def test_without_the_correction_it_is_t_over_the_root_of_the_sizes():
    first, second = np.array([0.8, 0.9, 0.7, 0.95]), np.array([0.6, 0.85, 0.72])
    t = stats.ttest_ind(first, second).statistic
    correction = 1 - 3 / (4 * 5 - 1)  # Hedges' approximation for 5 degrees of freedom
    assert hedges_g(first, second) == pytest.approx(t * np.sqrt(1 / 4 + 1 / 3) * correction, rel=0.01)
    t = stats.ttest_rel(first[:3], second).statistic
    assert paired_g(first[:3], second) == pytest.approx(t / np.sqrt(3) / np.sqrt(np.pi), rel=1e-9)  # J(2) = 1 / √π


def test_superiority_is_mann_whitneys_u_over_the_number_of_pairs():
    generator = np.random.default_rng(1)
    for _ in range(100):
        first, second = generator.integers(0, 5, 6) / 5, generator.integers(0, 5, 4) / 5
        u = stats.mannwhitneyu(first, second).statistic
        assert superiority(first, second) == pytest.approx(u / 24)
    assert superiority(np.array([np.inf]), np.array([1.0])) == 1


@pytest.mark.parametrize("effect", [paired_g, hedges_g])
def test_no_effect_without_variance_or_numbers(effect):
    scores = np.array([0.7, 0.8, 0.9])
    assert effect(np.full(3, 0.9), np.full(3, 0.8)) is None
    assert effect(np.array([0.7, np.nan, 0.9]), scores) is None
    assert effect(scores[:1], scores[:1]) is None
    assert paired_g(scores + 0.1, scores) is None and paired_g(scores[:2], scores[1:]) is None
    assert superiority(np.array([np.nan]), scores) is None and superiority(scores[:0], scores) is None
