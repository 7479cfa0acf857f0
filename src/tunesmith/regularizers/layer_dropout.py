"""LayerDrop: whole layers are skipped at random in training (Fan et al., 2020)."""

from typing import Any

import torch
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from tunesmith.backbones.layer_hooks import hook_layers
from tunesmith.configuration.ranges import BelowOne
from tunesmith.regularizers.regularizer import Regularizer


class LayerDropout(Regularizer):
    """In each pass of a batch each layer is skipped with the same probability; evaluation uses all, unscaled.

    A skipped layer is computed nevertheless, for DDP needs a gradient of each weight: here, zero.

    Args:
        probability: of a layer to be skipped.
    """

    conflicts = {"stochastic_depth": "both skip layers at random"}

    def __init__(self, *, probability: BelowOne) -> None:
        self.probability = probability
        self._hooks: list[RemovableHandle] = []

    def configure_model(self, module: Any) -> None:
        """Hook the layers."""
        if self.probability:
            self._hooks = hook_layers(module.backbone, self._change)

    def finish(self, module: Any) -> None:
        """Remove the hooks."""
        for hook in self._hooks:
            hook.remove()

    def _change(self, depth: int, before: Tensor, after: Tensor) -> Tensor:
        skipped = torch.rand((), device=after.device) < self.probability
        return torch.where(skipped, before, after)
