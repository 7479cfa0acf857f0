"""R-Drop: consistency between two dropout passes over the same batch (Liang et al., 2021)."""

from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from tunesmith.configuration.ranges import NonNegativeFloat


class RDrop(pl.Callback):
    """loss = loss_1 + loss_2 + alpha * (KL(p_1|p_2) + KL(p_2|p_1)) / 2, the paper's equation 4.

    Args:
        alpha: weight of the divergence.
    """

    needs = ("divergence",)

    def __init__(self, *, alpha: NonNegativeFloat) -> None:
        self.alpha = alpha

    def penalty(self, module: Any, batch: Any, scores: Tensor, loss: Tensor) -> Tensor:
        """The second pass's loss and the divergence."""
        second_scores = module.head(module.backbone(batch), batch)
        second_loss: Tensor = module.head.loss(second_scores, batch)
        return second_loss + self.alpha * module.head.divergence(scores, second_scores, batch)
