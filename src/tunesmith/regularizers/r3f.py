"""R3F: predictions must not change under small noise on the embeddings (Aghajanyan et al., 2021)."""

from typing import Literal

import torch
from torch import Tensor

from tunesmith.configuration.ranges import NonNegativeFloat
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep


class R3F(Regularizer):
    """loss + weight * (KL(p | q) + KL(q | p)), q being what is predicted with noise z on the embeddings, and p without.

    Both passes have their own dropout masks, as in the authors' code. There the noisy pass gives the embeddings no gradient
    and padding gets noise; here it is the other way round. The paper adds one sum of both divergences, as here, not their half.

    Args:
        weight: of the divergence; the paper's lambda.
        epsilon: bound of uniform noise, or standard deviation of normal noise.
        noise: its distribution.
    """

    needs = ("distribution",)

    def __init__(
        self, *, weight: NonNegativeFloat, epsilon: NonNegativeFloat, noise: Literal["uniform", "normal"]
    ) -> None:
        self.weight, self.epsilon, self.noise = weight, epsilon, noise

    @property
    def passes(self) -> tuple[float, float]:
        """The pass with noise."""
        return (1, 1) if self.weight else (0, 0)

    def penalty(self, step: TrainingStep) -> Tensor | None:
        """The symmetric divergence, which `Distribution.divergence` halves, times the weight."""
        if not self.weight:
            return None
        clean = step.no_offset().detach()
        unit = torch.randn_like(clean) if self.noise == "normal" else torch.empty_like(clean).uniform_(-1, 1)
        noisy = step.forward(offset=self.epsilon * unit * step.tokens)
        divergence: Tensor = step.plain.distribution.divergence(noisy.distribution)
        return 2 * self.weight * divergence
