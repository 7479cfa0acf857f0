"""L2-SP: weight decay towards the pretrained weights instead of towards zero (Li et al., 2018)."""

from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from tunesmith.configuration.ranges import NonNegativeFloat
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.starting_weights import StartingWeights
from tunesmith.regularizers.step import TrainingStep


class L2SP(Regularizer):
    """loss + alpha/2 * |w - w0|^2 + beta/2 * |v|^2, the paper's equation 2, with w of the backbone and v of the head.

    w0 is what training starts from. Weights that the head shares with the backbone are the backbone's.

    Args:
        alpha: strength of the pull of the backbone's weights towards w0.
        beta: strength of the pull of the head's weights towards zero.
    """

    skips_plain = True

    def __init__(self, *, alpha: NonNegativeFloat, beta: NonNegativeFloat) -> None:
        self.alpha, self.beta = alpha, beta
        self._start = StartingWeights()

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Keep the pretrained weights."""
        if self.alpha:
            self._start.keep(pl_module, lambda name, parameter: True)

    def penalty(self, step: TrainingStep) -> Tensor | None:
        """The squared distances."""
        start, own, head = self._start.values, [], []
        for name, weight in step.module.named_parameters():
            if name in start:
                own.append((weight, start[name]))
            elif self.beta and weight.requires_grad and not name.startswith("backbone."):
                head.append(weight.square().sum())
        terms = [self.alpha / 2 * squared_distance(*map(list, zip(*own, strict=True)))] if own else []
        terms += [self.beta / 2 * torch.stack(head).sum()] if head else []
        return torch.stack(terms).sum() if terms else None

    def state_dict(self) -> dict[str, Any]:
        """The pretrained weights."""
        return self._start.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self._start.load_state_dict(state_dict)


def squared_distance(weights: Sequence[Tensor], start: Sequence[Tensor]) -> Tensor:
    """Sum of the squared differences of all weights, a scalar; its gradient with respect to the weights is known."""
    found: Tensor = _SquaredDistance.apply(start, *weights)
    return found


class _SquaredDistance(torch.autograd.Function):
    """All weights in one operation: autograd's own graph would go over each of them eight times."""

    @staticmethod
    def forward(ctx: Any, start: Sequence[Tensor], *weights: Tensor) -> Tensor:
        ctx.differences = torch._foreach_sub(weights, list(start))
        return torch.stack(torch._foreach_norm(ctx.differences)).square().sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, weight: Tensor) -> Any:
        return None, *torch._foreach_mul(ctx.differences, 2 * weight)
