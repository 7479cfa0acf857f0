"""Importance of settings by functional analysis of variance (Hutter et al., 2014), as Optuna computes it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunesmith.report.settings import Setting

FEWEST = 10  # trials: with fewer, the forest predicts noise
MOST = 100  # trials that it is fitted to: the time grows with their square
_TREES = 32
_SEED = 0


def importances(settings: Sequence[Setting], scores: NDArray[np.float64]) -> dict[str, float]:
    """The share of the variance of a random forest's prediction that each setting explains on its own.

    The shares sum to at most 1; the rest is due to settings together. A setting counts on the scale of its axis,
    logarithmic or not, and categories in the order of their names. More than 100 trials are thinned to 100, evenly spaced.

    Args:
        settings: at least one, that all trials have.
        scores: of each trial, finite and not all equal, (n,); at least 10.

    Raises:
        ImportError: without scikit-learn.
    """
    import optuna
    from optuna.distributions import BaseDistribution, FloatDistribution
    from optuna.importance import FanovaImportanceEvaluator
    from optuna.trial import create_trial

    assert len(scores) >= FEWEST and np.ptp(scores) > 0
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    shown = np.unique(np.linspace(0, len(scores) - 1, min(MOST, len(scores))).astype(int))
    places = {setting.key: _places(setting) for setting in settings}
    distributions: dict[str, BaseDistribution] = {
        key: FloatDistribution(*bounds) for key, (bounds, _) in places.items()
    }
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=_SEED))
    study.add_trials(
        [
            create_trial(
                params={key: float(numbers[trial]) for key, (_, numbers) in places.items()},
                distributions=distributions,
                value=float(scores[trial]),
            )
            for trial in map(int, shown)
        ]
    )
    found = FanovaImportanceEvaluator(n_trees=_TREES, seed=_SEED).evaluate(study)
    return {key: float(found[key]) for key in sorted(found, key=lambda key: (-found[key], key))}


def _places(setting: Setting) -> tuple[tuple[float, float], NDArray[np.float64]]:
    """The bounds of a setting and the value of each trial, (n,).

    Categories are numbered in the order of their names, each as wide as the others: with a variable for each category, as
    Optuna encodes them, the time doubles with every further one.
    """
    if setting.numeric:
        numbers = setting.axis.linear
        return (float(numbers.min()), float(numbers.max())), numbers
    names = sorted({text for text in setting.texts if text is not None})
    codes = np.array([float(names.index(str(text))) for text in setting.texts])
    return (-0.5, len(names) - 0.5), codes
