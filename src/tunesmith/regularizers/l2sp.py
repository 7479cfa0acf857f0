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
    """loss + alpha/2 * |w - w0|^2 + beta/2 * |v|^2, the paper's equation 2, with w of pretrained weights and v of new ones.

    w0 is what training starts from. Pretrained are the backbone, its pooler, and the head of a language model. All weights
    count; the authors' code leaves biases and norms out, and has this as a variant.

    Args:
        alpha: strength of the pull of the pretrained weights towards w0.
        beta: strength of the pull of the head's new weights towards zero.
    """

    skips_plain = True

    def __init__(self, *, alpha: NonNegativeFloat, beta: NonNegativeFloat) -> None:
        self.alpha, self.beta = alpha, beta
        self._start = StartingWeights()
        self._pretrained: set[str] = set()

    def configure_model(self, module: Any) -> None:
        """Note which weights are pretrained."""
        self._pretrained = _pretrained(module)

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Keep the pretrained weights."""
        if self.alpha:
            trained = (name for name, parameter in pl_module.named_parameters() if parameter.requires_grad)
            self._start.keep(pl_module, [name for name in trained if name in self._pretrained])

    def penalty(self, step: TrainingStep) -> Tensor | None:
        """The squared distances."""
        start, own, head = self._start.values, [], []
        for name, weight in step.module.named_parameters():
            if name in start:
                own.append((weight, start[name]))
            elif self.beta and weight.requires_grad and name not in self._pretrained:
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


def _pretrained(module: Any) -> set[str]:
    """The names of the weights that were pretrained."""
    pooler = module.backbone.pretrained_pooler[0]  # a part of the head that uses it
    pooled = {id(parameter) for parameter in pooler.parameters()} if pooler is not None else set()
    whole = getattr(module.head, "pretrained", False)
    return {
        name
        for name, parameter in module.named_parameters()
        if whole or name.startswith("backbone.") or id(parameter) in pooled
    }


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
        differences, ctx.differences = ctx.differences, None
        torch._foreach_mul_(differences, 2 * weight)  # in place: they are as large as the model
        return None, *differences
