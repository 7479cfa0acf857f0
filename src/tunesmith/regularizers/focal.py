"""Focal loss: examples that are already right count less (Lin et al., 2017)."""

from typing import Any

from tunesmith.configuration.ranges import NonNegativeFloat
from tunesmith.regularizers.regularizer import Regularizer


class Focal(Regularizer):
    """Each term of the cross-entropy is multiplied by (1 - p) ** gamma, p the probability of its target.

    With several labels each has a term. The paper's alpha are the weights of `class_weights`.

    Args:
        gamma: the exponent.
    """

    needs = ("focal",)
    problems = ("single_label", "multi_label")
    conflicts = {"label_smoothing": "the focal loss is defined for a target that is one label, not a mixture of labels"}

    def __init__(self, *, gamma: NonNegativeFloat) -> None:
        self.gamma = gamma

    def configure_model(self, module: Any) -> None:
        """Focus the head's loss in training."""
        module.head.training_loss.focusing = self.gamma
