"""Confidence penalty: a reward for the entropy of the predictions (Pereyra et al., 2017)."""

from torch import Tensor

from tunesmith.configuration.ranges import NonNegativeFloat
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep


class ConfidencePenalty(Regularizer):
    """loss - beta * entropy of the predicted distribution, the mean over what the head's loss averages over.

    Args:
        beta: weight of the entropy.
    """

    needs = ("entropy",)
    problems = ("single_label", "multi_label")

    def __init__(self, *, beta: NonNegativeFloat) -> None:
        self.beta = beta

    def penalty(self, step: TrainingStep) -> Tensor | None:
        """The negative entropy in nats, times beta."""
        if not self.beta:
            return None
        entropy: Tensor = step.plain.distribution.entropy()
        return -self.beta * entropy
