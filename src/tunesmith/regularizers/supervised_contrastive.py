"""Supervised contrastive learning beside cross-entropy (Gunel et al., 2021)."""

import torch
from torch import Tensor
from torch.nn import functional

from tunesmith.configuration.ranges import PositiveFloat, Probability
from tunesmith.distributed import collectives
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep


class SupervisedContrastive(Regularizer):
    """(1 - weight) * loss + weight * contrastive loss, which draws texts of the same label together.

    The contrastive loss is the mean over the texts (the paper's equation 3 is their sum), each compared with those of the
    whole batch, on all processes. A text whose label no other text of the batch has contributes 0.

    Args:
        weight: of the contrastive loss, the paper's lambda.
        temperature: divides the cosine similarities.
    """

    needs = ("representation",)
    problems = ("single_label",)
    replaces = ("the loss",)
    smallest_batch = 2

    def __init__(self, *, weight: Probability, temperature: PositiveFloat) -> None:
        self.weight, self.temperature = weight, temperature

    def task_loss(self, step: TrainingStep) -> Tensor | None:
        """The mixture of both losses."""
        if not self.weight:
            return None
        size = step.batch.size  # 0 on a process that has no text of this batch, but one that fills it
        texts = step.module.head.representation(step.plain.hidden, step.batch)[:size]  # (batch, width)
        contrastive = contrastive_loss(texts, step.batch.targets["labels"][:size], self.temperature)
        return (1 - self.weight) * step.plain.loss + self.weight * contrastive


def contrastive_loss(texts: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Mean over texts of -log softmax of the similarity to another of the same label, averaged over these.

    The others are the texts of all processes; each returns the mean over its own.

    Args:
        texts: (batch, width) of this process.
        labels: (batch,).
        temperature: divides the cosine similarities.
    """
    sizes = collectives.all_gather_ints(len(texts))
    with torch.autocast(texts.device.type, enabled=False):  # half precision would round similarities to 2 digits
        texts = functional.normalize(texts if texts.dtype == torch.float64 else texts.float())
        every_text = collectives.all_gather_rows(texts[None], sizes)[0]  # (all, width)
        every_label = collectives.all_gather_rows(labels[None, :, None].to(texts.dtype), sizes).flatten()  # (all,)
        places = sum(sizes[: collectives.rank()]) + torch.arange(len(texts), device=texts.device)
        own = functional.one_hot(places, len(every_text)).bool()  # (batch, all)
        logits = (texts @ every_text.T / temperature).masked_fill(own, torch.finfo(texts.dtype).min)
    same = (labels[:, None] == every_label) & ~own
    likelihoods = logits.log_softmax(1).masked_fill(~same, 0.0).sum(1)  # (batch,)
    return -(likelihoods / same.sum(1).clamp(min=1)).sum() / max(len(texts), 1)
