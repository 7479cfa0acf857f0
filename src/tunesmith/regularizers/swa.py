"""Stochastic weight averaging: the mean of the weights late in training is evaluated and saved (Izmailov et al., 2018)."""

import math
from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from tunesmith.configuration.ranges import PositiveInt, Probability
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.weight_average import WeightAverage


class StochasticWeightAveraging(Regularizer):
    """The mean of the weights after every n-th step from `start` on; before that the weights themselves are evaluated.

    Args:
        start: fraction of the run's steps that are taken before the first one that is averaged.
        every_n_steps: optimizer steps between two that are averaged.
    """

    conflicts = {"ema": "each evaluates its own average of the weights"}
    replaces = ("the evaluated weights",)

    def __init__(self, *, start: Probability, every_n_steps: PositiveInt) -> None:
        self.start, self.every_n_steps = start, every_n_steps
        self._average = WeightAverage()

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Make room for the average."""
        self._average.begin(pl_module)

    def after_update(self, module: Any) -> None:
        """Update the mean."""
        late = module.global_step + 1 - max(math.ceil(self.start * module.total_steps), 1)  # steps since the first
        if late >= 0 and late % self.every_n_steps == 0:
            self._average.update(module, 1 / (self._average.count + 1))

    def evaluation_weights(self) -> Mapping[str, Tensor]:
        """The mean, once it has begun."""
        return self._average.weights if self._average.count else {}

    def state_dict(self) -> dict[str, Any]:
        """The mean."""
        return self._average.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self._average.load_state_dict(state_dict)
