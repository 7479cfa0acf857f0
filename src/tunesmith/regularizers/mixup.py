"""Mixup of what the last layer reads (Zhang et al., 2018; of texts: Sun et al., 2020)."""

import dataclasses

import torch
from torch import Tensor

from tunesmith.configuration.ranges import NonNegativeFloat
from tunesmith.data.batch import IGNORED
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep


class Mixup(Regularizer):
    """share * loss(mixed, target) + (1 - share) * loss(mixed, target of the partner), share from Beta(alpha, alpha).

    Each example is mixed with a random other of its batch. Scores are mixed: the last layer is linear, so they equal the
    scores of the mixed states that it reads. A word is mixed with the partner's word at the same place, if both have one.
    For regression the loss differs from the squared error of the mixed targets by a constant.

    Args:
        alpha: of the beta distribution; the larger, the more even are mixtures.
    """

    needs = ("mixup",)
    replaces = ("the loss",)
    smallest_batch = 2

    def __init__(self, *, alpha: NonNegativeFloat) -> None:
        self.alpha = alpha

    def task_loss(self, step: TrainingStep) -> Tensor | None:
        """The mixture of two losses of the mixed scores."""
        if not self.alpha:
            return None
        scores, batch = step.plain.scores, step.batch
        share = drawn_share(self.alpha)
        partners = torch.randperm(len(scores), device=scores.device)
        labels = batch.targets["labels"]
        theirs = labels[partners]
        both = torch.ones_like(labels, dtype=torch.bool)
        if not labels.is_floating_point():
            both = (labels != IGNORED) & (theirs != IGNORED)
        mixed = share * scores + (1 - share) * scores[partners]
        if scores.ndim > both.ndim:  # labels have no dimension of outcomes
            both = both.unsqueeze(-1)
        mixed = torch.where(both, mixed, scores)
        partner_batch = dataclasses.replace(
            batch, targets={"labels": torch.where(both.view_as(labels), theirs, labels)}
        )
        head = step.module.head
        loss: Tensor = share * head.loss(mixed, batch) + (1 - share) * head.loss(mixed, partner_batch)
        return loss


def drawn_share(alpha: float) -> float:
    """A number from Beta(alpha, alpha), which is G / (G + G') of two gamma variables; drawn on the CPU.

    From the difference of their logarithms, where log G(alpha) = log G(alpha + 1) + log(U) / alpha with U uniform: for a small
    alpha both underflow, and PyTorch's beta distribution returns 1/2 where the share is nearly always 0 or 1.
    """
    gamma = torch.distributions.Gamma(torch.tensor(alpha + 1, dtype=torch.float64), 1.0).sample((2,)).log()
    uniform = torch.log1p(-torch.rand(2, dtype=torch.float64))  # of 1 - U, which is never 0
    return float((gamma.diff() + uniform.diff() / alpha).sigmoid())
