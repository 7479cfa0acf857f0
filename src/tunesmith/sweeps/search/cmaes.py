"""CMA-ES (Hansen and Ostermeier, 2001) by Optuna, without its pickles: a study's file may have come from anyone.

Optuna keeps the optimizer as a pickle in the study and unpickles it for the next trial. Here it is computed again from the
trials: each generation is told to a new optimizer in the order in which it was completed. That takes milliseconds, and
pickles of earlier versions are never read.
"""

from datetime import datetime
from typing import Any

import optuna
from optuna.samplers import CmaEsSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial


class ReplayedCmaEs(CmaEsSampler):
    """Optuna's sampler; only where its state comes from differs."""

    def sample_relative(self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, Any]) -> dict[str, Any]:
        """Values of the next trial."""
        self._searched, self._direction = search_space, study.direction
        self._sign = 1 if study.direction == StudyDirection.MINIMIZE else -1
        return super().sample_relative(study, trial, search_space)

    def _restore_optimizer(self, completed_trials: list[FrozenTrial]) -> Any:
        """The optimizer after all generations that are complete."""
        from optuna._transform import _SearchSpaceTransform

        space = _SearchSpaceTransform(self._searched, transform_step=True, transform_0_1=True)
        optimizer = self._init_optimizer(space, self._direction)
        size = optimizer.population_size
        while True:
            trials = self._get_solution_trials(completed_trials, optimizer.generation)[:size]
            if len(trials) < size:
                return optimizer
            optimizer.tell([(space.transform(trial.params), self._sign * _value(trial)) for trial in trials])

    def _get_solution_trials(self, trials: list[FrozenTrial], generation: int) -> list[FrozenTrial]:
        """Trials of a generation, in the order in which they were completed: the first ones are the same ever after."""
        found = super()._get_solution_trials(trials, generation)
        return sorted(found, key=lambda trial: (trial.datetime_complete or datetime.max, trial.number))


def _value(trial: FrozenTrial) -> float:
    assert trial.value is not None, "completed trials have a value"
    return trial.value
