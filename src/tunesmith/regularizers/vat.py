"""Virtual adversarial training (Miyato et al., 2018; of text: Miyato, Dai & Goodfellow, 2017)."""

import torch
from torch import Tensor

from tunesmith.configuration.ranges import NonNegativeFloat, PositiveFloat
from tunesmith.regularizers.perturbation import direction
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep, gradients_of


class VirtualAdversarialTraining(Regularizer):
    """loss + alpha * KL(p | p(x + r)), where p is a constant and r the direction in which predictions change most.

    One power iteration finds it: r = epsilon * g / |g|, where g is the gradient of KL(p | p(x + xi * d)) with respect to the
    perturbation, for a random d of norm 1. Norms are those of all embeddings of one example.

    Args:
        alpha: weight of the divergence.
        epsilon: norm of the perturbation.
        xi: norm of the random perturbation at which the gradient is taken.
    """

    needs = ("distribution",)

    def __init__(self, *, alpha: NonNegativeFloat, epsilon: NonNegativeFloat, xi: PositiveFloat) -> None:
        self.alpha, self.epsilon, self.xi = alpha, epsilon, xi

    @property
    def passes(self) -> tuple[float, float]:
        """The power iteration and the perturbed pass."""
        return (2, 2) if self.alpha else (0, 0)

    def penalty(self, step: TrainingStep) -> Tensor | None:
        """The divergence between the predictions and the perturbed ones, times alpha."""
        if not self.alpha:
            return None
        predicted = step.plain.distribution.detach()
        random = torch.randn_like(step.no_offset()) * step.tokens
        small = (self.xi * direction(random)).requires_grad_()
        (gradient,) = gradients_of(predicted.kl(step.forward(offset=small).distribution), [small], step.module)
        adversarial = self.epsilon * direction(gradient * step.tokens)
        divergence: Tensor = predicted.kl(step.forward(offset=adversarial).distribution)
        return self.alpha * divergence
