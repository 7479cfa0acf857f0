"""What regularizers change about a head's cross-entropy; in evaluation the loss is the plain one."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from tunesmith.data.batch import IGNORED


@dataclass
class TrainingLoss:
    """Settings of the cross-entropy in training; a head owns one, and regularizers set what they are named after.

    Attributes:
        label_smoothing: fraction of each target that is spread over all outcomes.
        class_weights: (labels,) or None.
        focusing: the exponent of the focal loss; 0 for cross-entropy.
    """

    label_smoothing: float = 0.0
    class_weights: Tensor | None = None
    focusing: float = 0.0


PLAIN = TrainingLoss()  # that of evaluation


def cross_entropy(logits: Tensor, labels: Tensor, settings: TrainingLoss) -> Tensor:
    """Summed cross-entropy of the labels, a scalar; that of `functional.cross_entropy`, but that

    - impossible outcomes, whose logits are -inf, get nothing of a smoothed target;
    - with `focusing` each term is multiplied by (1 - probability of its label) ** focusing (Lin et al., 2017).

    Args:
        logits: (terms, outcomes).
        labels: (terms,); `IGNORED` for terms that do not count.
        settings: of training, or `PLAIN`.
    """
    weight, smoothing = settings.class_weights, settings.label_smoothing
    if settings.focusing:
        plain = functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="none")
        losses = plain * focal_factor(plain, settings.focusing)
        return (losses * weight[labels.clamp(min=0)]).sum() if weight is not None else losses.sum()
    if not smoothing or weight is not None:
        return functional.cross_entropy(
            logits, labels, weight=weight, label_smoothing=smoothing, ignore_index=IGNORED, reduction="sum"
        )
    certain = functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum")
    possible = logits.isfinite()
    mean = -(logits.log_softmax(-1).masked_fill(~possible, 0.0).sum(-1) / possible.sum(-1))  # (terms,)
    return (1 - smoothing) * certain + smoothing * mean.masked_fill(labels == IGNORED, 0.0).sum()


def binary_cross_entropy(logits: Tensor, labels: Tensor, settings: TrainingLoss) -> Tensor:
    """Mean binary cross-entropy, a scalar; weights apply to positive labels, as torch's `pos_weight`.

    Args:
        logits: (batch, labels).
        labels: (batch, labels), 0 or 1.
        settings: of training, or `PLAIN`.
    """
    smoothed = labels * (1 - settings.label_smoothing) + settings.label_smoothing / 2
    if settings.focusing:
        factor = focal_factor(
            functional.binary_cross_entropy_with_logits(logits, labels, reduction="none"), settings.focusing
        )
        losses = functional.binary_cross_entropy_with_logits(
            logits, smoothed, pos_weight=settings.class_weights, reduction="none"
        )
        return (losses * factor).mean()
    return functional.binary_cross_entropy_with_logits(logits, smoothed, pos_weight=settings.class_weights)


def focal_factor(losses: Tensor, focusing: float) -> Tensor:
    """(1 - p) ** focusing for probabilities p whose negative logarithms are the losses."""
    return (-torch.expm1(-losses)).clamp(min=torch.finfo(losses.dtype).tiny) ** focusing
