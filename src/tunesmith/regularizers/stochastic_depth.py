"""Stochastic depth: layers are skipped at random, higher ones more often (Huang et al., 2016)."""

from typing import Any

import torch
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from tunesmith.backbones.layer_hooks import hook_layers
from tunesmith.configuration.ranges import BelowOne
from tunesmith.regularizers.regularizer import Regularizer


class StochasticDepth(Regularizer):
    """Each example skips layer l of L with probability l / L * `probability`, the paper's linear decay rule.

    What a layer adds to its input is divided by the probability that it is not skipped: so its expectation is what
    evaluation uses, where the paper scales in evaluation instead.

    Args:
        probability: of the top layer to be skipped.
    """

    def __init__(self, *, probability: BelowOne) -> None:
        self.probability = probability
        self._hooks: list[RemovableHandle] = []
        self._layers = 1

    def configure_model(self, module: Any) -> None:
        """Hook the layers."""
        if self.probability:
            self._layers = module.backbone.layers
            self._hooks = hook_layers(module.backbone, self._change)

    def finish(self, module: Any) -> None:
        """Remove the hooks."""
        for hook in self._hooks:
            hook.remove()

    def _change(self, depth: int, before: Tensor, after: Tensor) -> Tensor:
        keep = 1 - depth / self._layers * self.probability
        kept = torch.rand(len(after), 1, 1, device=after.device) < keep  # of each example
        # All examples compute the layer, for DDP needs a gradient of each weight even if none keeps it.
        return before + torch.where(kept, (after - before) / keep, 0)
