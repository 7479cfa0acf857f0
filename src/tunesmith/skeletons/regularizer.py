"""Activation regularization: large hidden states of the last layer cost (Merity et al., 2017)."""

from torch import Tensor

from tunesmith.configuration.ranges import NonNegativeFloat
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep


class Skeleton(Regularizer):
    """loss + strength * mean of the squared hidden states, over batch, tokens and units.

    Args:
        strength: weight of the penalty; 0 for training without it.
    """

    def __init__(self, *, strength: NonNegativeFloat) -> None:
        self.strength = strength

    def penalty(self, step: TrainingStep) -> Tensor | None:
        """A scalar, on the device of the model."""
        if not self.strength:
            return None
        hidden: Tensor = step.plain.hidden  # (batch, length, width)
        return self.strength * hidden.square().mean()
