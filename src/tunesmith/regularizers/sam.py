"""Sharpness-aware minimisation (Foret et al., 2021; of language models: Bahri et al., 2022)."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from tunesmith.configuration.ranges import NonNegativeFloat
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import gradients_of, with_gradients


class SharpnessAwareMinimization(Regularizer):
    """The gradient is that of the weights w + rho * g / |g|, where g is the gradient at w; the loss is that at w.

    Each batch has its own perturbation, also with gradient accumulation and on each of several processes (the paper's
    m-sharpness), and each of the two passes its own dropout masks. Penalties of other regularizers belong to the loss.

    Args:
        rho: norm of the perturbation of all trained weights.
        adaptive: perturb each weight in proportion to its size: w + rho * w^2 * g / |w * g| (ASAM; Kwon et al., 2021). Its
            authors' code takes |w| + 0.01 for sizes, and 1 for biases; without that, as here, a bias of 0 stays where it is.
    """

    def __init__(self, *, rho: NonNegativeFloat, adaptive: bool) -> None:
        self.rho, self.adaptive = rho, adaptive

    @property
    def repeats(self) -> int:
        """At the weights, and at the perturbed ones."""
        return 2 if self.rho else 1

    def around(self, module: Any, compute: Callable[[], Tensor]) -> Tensor:
        """The loss at the weights, with the gradient at the perturbed ones."""
        if not self.rho:
            return compute()
        trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
        loss = compute()
        gradients = gradients_of(loss, trained, module)
        moved = [
            (parameter, gradient)
            for parameter, gradient in zip(trained, gradients, strict=True)
            if gradient is not None
        ]
        own = [parameter.data for parameter, _ in moved]
        try:
            for (parameter, _), weight in zip(moved, self._perturbed(own, [part for _, part in moved]), strict=True):
                parameter.data = weight
            torch.clear_autocast_cache()  # it has the weights in half precision
            gradients = gradients_of(compute(), trained, module)
        finally:
            for (parameter, _), weight in zip(moved, own, strict=True):
                parameter.data = weight
            torch.clear_autocast_cache()
        return with_gradients(loss, trained, gradients)

    def _perturbed(self, weights: list[Tensor], gradients: list[Tensor]) -> Sequence[Tensor]:
        sizes = torch._foreach_abs(weights) if self.adaptive else None
        changes = gradients if sizes is None else list(torch._foreach_mul(gradients, sizes))
        norm = torch.stack(torch._foreach_norm(changes)).norm()
        changes = changes if sizes is None else list(torch._foreach_mul(changes, sizes))
        limits = torch.finfo(norm.dtype)
        # A batch in which nothing counts has no gradient, and infinity times 0 is no number.
        scale = (self.rho / norm.clamp(min=limits.tiny)).clamp(max=limits.max)
        return torch._foreach_add(weights, torch._foreach_mul(changes, scale))
