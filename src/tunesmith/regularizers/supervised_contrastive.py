"""Supervised contrastive learning beside cross-entropy (Gunel et al., 2021)."""

import torch
from torch import Tensor
from torch.nn import functional

from tunesmith.configuration.ranges import PositiveFloat, Probability
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep


class SupervisedContrastive(Regularizer):
    """(1 - weight) * loss + weight * contrastive loss, which draws texts of the same label together.

    The contrastive loss is the mean over the texts (the paper's equation 3 is their sum), each process with its own part of
    the batch. A text whose label no other text of the batch has contributes 0.

    Args:
        weight: of the contrastive loss, the paper's lambda.
        temperature: divides the cosine similarities.
    """

    needs = ("representation",)
    problems = ("single_label",)
    replaces = ("the loss",)

    def __init__(self, *, weight: Probability, temperature: PositiveFloat) -> None:
        self.weight, self.temperature = weight, temperature

    def task_loss(self, step: TrainingStep) -> Tensor | None:
        """The mixture of both losses."""
        if not self.weight:
            return None
        texts = step.module.head.representation(step.plain.hidden, step.batch)  # (batch, width)
        contrastive = contrastive_loss(texts, step.batch.targets["labels"], self.temperature)
        return (1 - self.weight) * step.plain.loss + self.weight * contrastive


def contrastive_loss(texts: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Mean over texts of -log softmax of the similarity to another of the same label, averaged over these.

    Args:
        texts: (batch, width).
        labels: (batch,).
        temperature: divides the cosine similarities.
    """
    own = torch.eye(len(texts), dtype=torch.bool, device=texts.device)
    with torch.autocast(texts.device.type, enabled=False):  # half precision would round similarities to 2 digits
        texts = functional.normalize(texts if texts.dtype == torch.float64 else texts.float())
        logits = (texts @ texts.T / temperature).masked_fill(own, torch.finfo(texts.dtype).min)  # (batch, batch)
    same = (labels[:, None] == labels) & ~own
    likelihoods = logits.log_softmax(1).masked_fill(~same, 0.0).sum(1)  # (batch,)
    return -(likelihoods / same.sum(1).clamp(min=1)).mean()
