"""Label smoothing: a fraction of each target is spread over all outcomes (Szegedy et al., 2016)."""

from typing import Any

from tunesmith.configuration.ranges import BelowOne
from tunesmith.regularizers.regularizer import Regularizer


class LabelSmoothing(Regularizer):
    """Targets become (1 - epsilon) * one-hot + epsilon / outcomes, in training only.

    With several labels each is an outcome of two. A span's outcomes are the tokens of its window, and a CRF's are the labels
    of each word.

    Args:
        epsilon: the fraction.
    """

    needs = ("label_smoothing",)
    problems = ("single_label", "multi_label")

    def __init__(self, *, epsilon: BelowOne) -> None:
        self.epsilon = epsilon

    def configure_model(self, module: Any) -> None:
        """Smooth the targets of the head's loss in training."""
        module.head.training_loss.label_smoothing = self.epsilon
