"""R-Drop: consistency between two dropout passes over the same batch (Liang et al., 2021)."""

from torch import Tensor

from tunesmith.configuration.ranges import NonNegativeFloat
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep


class RDrop(Regularizer):
    """loss = loss_1 + loss_2 + alpha * (KL(p_1|p_2) + KL(p_2|p_1)) / 2, the paper's equation 4.

    Losses and divergence are means over the batch. The authors' code for BERT and RoBERTa takes the mean of the losses but the
    sum of the divergences: its alpha of 0.5 is here 0.5 * batch size, 8 for 16 examples. For regression the divergence is the
    squared difference.

    Args:
        alpha: weight of the divergence.
    """

    needs = ("distribution",)

    def __init__(self, *, alpha: NonNegativeFloat) -> None:
        self.alpha = alpha

    @property
    def passes(self) -> tuple[float, float]:
        """The second pass."""
        return 1, 1

    def penalty(self, step: TrainingStep) -> Tensor:
        """The second pass's loss and the divergence."""
        return step.second.loss + self.alpha * step.plain.distribution.divergence(step.second.distribution)
