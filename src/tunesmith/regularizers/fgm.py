"""FGM: adversarial training on the embeddings (Miyato, Dai & Goodfellow, 2017)."""

from torch import Tensor

from tunesmith.configuration.ranges import NonNegativeFloat
from tunesmith.regularizers.perturbation import direction
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep


class FastGradientMethod(Regularizer):
    """loss(x) + weight * loss(x + r) with r = epsilon * g / |g|, where g is the gradient of loss(x) with respect to x.

    Norms are those of all embeddings of one example; r is a constant, as in the paper.

    Args:
        weight: of the adversarial loss.
        epsilon: norm of the perturbation.
    """

    reads_gradient = True

    def __init__(self, *, weight: NonNegativeFloat, epsilon: NonNegativeFloat) -> None:
        self.weight, self.epsilon = weight, epsilon

    @property
    def passes(self) -> tuple[float, float]:
        """The gradient of the embeddings, and the perturbed pass."""
        return (1, 2) if self.weight else (0, 0)

    def penalty(self, step: TrainingStep) -> Tensor | None:
        """The loss of the perturbed embeddings, times the weight."""
        if not self.weight:
            return None
        offset = self.epsilon * direction(step.embedding_gradient * step.tokens)
        return self.weight * step.forward(offset=offset).loss
