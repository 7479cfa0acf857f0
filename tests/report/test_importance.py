"""Importance against Optuna's own evaluator on the same trials, and against functions whose variance is known."""

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.importance import FanovaImportanceEvaluator

from tunesmith.report.importance import importances
from tunesmith.report.settings import settings

chance = np.random.default_rng(0)
RATES, DECAYS = 10 ** chance.uniform(-5, -1, 40), chance.uniform(0.05, 0.1, 40)
SCORES = np.log10(RATES) ** 2 + 20 * DECAYS
TRIALS = [{"lr": repr(float(a)), "decay": repr(float(b))} for a, b in zip(RATES, DECAYS, strict=True)]


def test_it_equals_optunas_evaluator():
    study = optuna.create_study()
    low, high = np.log10(RATES).min(), np.log10(RATES).max()
    distributions = {"lr": FloatDistribution(low, high), "decay": FloatDistribution(DECAYS.min(), DECAYS.max())}
    for rate, decay, score in zip(np.log10(RATES), DECAYS, SCORES, strict=True):
        params = {"lr": float(rate), "decay": float(decay)}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=float(score)))
    expected = FanovaImportanceEvaluator(n_trees=32, seed=0).evaluate(study)
    found = importances(settings(TRIALS), SCORES)
    assert found == pytest.approx(expected, abs=1e-9) and list(found) == ["lr", "decay"]
    assert importances(settings(TRIALS), SCORES) == found


def test_a_setting_that_decides_alone_has_all_and_one_of_thirty_names_that_does_not_has_little():
    trials = [{"head": "crf" if n % 2 else "linear", "name": f"name-{n * 7 % 30}"} for n in range(60)]
    found = importances(settings(trials), np.array([0.5 + 0.4 * (n % 2) for n in range(60)]))
    assert found["head"] > 0.9 and found["name"] < 0.1


def test_a_thousand_trials_are_thinned():
    many = np.random.default_rng(1).uniform(size=(1000, 2))
    trials = [{"a": repr(float(a)), "b": repr(float(b))} for a, b in many]
    found = importances(settings(trials), 3 * many[:, 0] + many[:, 1])
    assert found["a"] == pytest.approx(0.9, abs=0.06)  # variances of 9/12 and 1/12
    assert 0 < sum(found.values()) <= 1
