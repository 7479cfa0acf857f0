"""CMA-ES without pickles searches as Optuna's own does."""

import pickle
import warnings

import numpy as np
import optuna
from optuna.samplers import CmaEsSampler

from tunesmith.sweeps.search.cmaes import ReplayedCmaEs


def loss(trial):
    x, y = trial.suggest_float("x", -3, 3), trial.suggest_float("y", 1e-4, 1, log=True)
    return (x - 1) ** 2 + (np.log10(y) + 1) ** 2 + trial.suggest_int("n", 1, 9) * 0.1


def test_the_replayed_optimizer_is_the_one_that_optuna_pickles():
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=CmaEsSampler(seed=1))
    study.optimize(loss, 40)
    last = [trial for trial in study.trials if "cma:optimizer:0" in trial.system_attrs][-1]
    parts = {key: value for key, value in last.system_attrs.items() if key.startswith("cma:optimizer")}
    expected = pickle.loads(bytes.fromhex(CmaEsSampler()._concat_optimizer_attrs(parts)))

    sampler = ReplayedCmaEs(seed=2)
    sampler._direction, sampler._sign = study.direction, 1
    sampler._searched = dict(sorted(last.distributions.items()))
    replayed = sampler._restore_optimizer([trial for trial in study.trials if trial.number < last.number])
    assert replayed.generation == expected.generation > 3
    np.testing.assert_allclose(replayed.mean, expected.mean, rtol=1e-9)
    np.testing.assert_allclose(replayed._C, expected._C, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(replayed._sigma, expected._sigma, rtol=1e-9)


def test_it_stores_no_pickle_and_finds_the_minimum():
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=ReplayedCmaEs(seed=1, warn_independent_sampling=False))
    study.optimize(loss, 60)
    assert {key for trial in study.trials for key in trial.system_attrs} == {"cma:generation"}
    assert study.best_value < 0.5
