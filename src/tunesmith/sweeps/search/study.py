"""Optuna's samplers and pruners, and the study in the sweep's folder.

The study is a journal file, to which several processes may append concurrently, even on a network disk, and which
`optuna-dashboard <sweep>/study.log` displays.
"""

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.study import StudyDirection

from tunesmith.sweeps.search.cmaes import ReplayedCmaEs
from tunesmith.sweeps.search.objectives import Objective
from tunesmith.sweeps.search.verified_journal import VerifiedJournal
from tunesmith.sweeps.settings import Settings

_NAME = "sweep"
_STARTUP_TRIALS = 10  # maximum number of random trials before a sampler learns from them


def open_study(file: Path, settings: Settings, wanted: Sequence[Objective], *, max_epochs: int) -> optuna.Study:
    """The study of a sweep, created if it does not exist.

    Args:
        file: the journal.
        settings: of the sweep.
        wanted: its objectives.
        max_epochs: of a trial, which reports a score after each.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("optuna").propagate = False
    study = optuna.create_study(
        storage=_storage(file),
        study_name=_NAME,
        directions=[StudyDirection[objective.direction.upper()] for objective in wanted],
        pruner=pruner(settings.pruner, max_epochs=max_epochs),
        load_if_exists=True,
    )
    study.set_metric_names([objective.name for objective in wanted])
    # A new sampler must not repeat the draws of the previous one.
    study.sampler = sampler(settings, seed=settings.sampler_seed + len(study.get_trials(deepcopy=False)))
    return study


def trials_of(file: Path) -> list[optuna.trial.FrozenTrial]:
    """The trials in a journal."""
    return optuna.load_study(study_name=_NAME, storage=_storage(file)).get_trials(deepcopy=False)


def _storage(file: Path) -> JournalStorage:
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    return JournalStorage(VerifiedJournal(file))


def sampler(settings: Settings, *, seed: int) -> Any:
    """The Optuna sampler that the settings name."""
    samplers = optuna.samplers
    startup = min(_STARTUP_TRIALS, max(2, (settings.trials or 0) // 3))
    if settings.sampler == "random":
        return samplers.RandomSampler(seed=seed)
    if settings.sampler == "gp":
        return samplers.GPSampler(seed=seed, n_startup_trials=startup, warn_independent_sampling=False)
    if settings.sampler == "cmaes":
        return ReplayedCmaEs(seed=seed, warn_independent_sampling=False)
    if settings.sampler == "nsga2":
        return samplers.NSGAIISampler(seed=seed, population_size=startup)
    assert settings.sampler == "tpe"
    return samplers.TPESampler(seed=seed, n_startup_trials=startup, multivariate=True)


def pruner(name: str, *, max_epochs: int) -> optuna.pruners.BasePruner:
    """The Optuna pruner of a name: `median`, `asha` (Li et al., 2020), `hyperband` (Li et al., 2018) or `none`."""
    pruners = optuna.pruners
    if name == "median":
        return pruners.MedianPruner(n_startup_trials=4)
    if name == "asha":
        return pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    if name == "hyperband":
        return pruners.HyperbandPruner(min_resource=1, max_resource=max_epochs, reduction_factor=3)
    assert name == "none"
    return pruners.NopPruner()
