"""Exponential moving average of the weights, which is evaluated and saved instead of them (Tarvainen & Valpola, 2017)."""

from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from tunesmith.configuration.ranges import BelowOne
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.weight_average import WeightAverage


class ExponentialMovingAverage(Regularizer):
    """average <- d * average + (1 - d) * weights after each step.

    As in the authors' code, d is min(decay, 1 - 1 / (step + 1)): until that reaches the decay, it is the mean of all weights
    so far, in which those that training started from, with their random head, soon count little.

    Args:
        decay: 0 for the weights themselves.
    """

    replaces = ("the evaluated weights",)

    def __init__(self, *, decay: BelowOne) -> None:
        self.decay = decay
        self._average = WeightAverage()

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Begin the average."""
        self._average.begin(pl_module)

    def after_update(self, module: Any) -> None:
        """Update the average."""
        step = self._average.count + 1
        self._average.update(module, 1 - min(self.decay, 1 - 1 / (step + 1)))

    def evaluation_weights(self) -> Mapping[str, Tensor]:
        """The average."""
        return self._average.weights

    def state_dict(self) -> dict[str, Any]:
        """The average."""
        return self._average.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self._average.load_state_dict(state_dict)
