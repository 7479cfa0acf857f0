"""Layer-wise learning-rate decay: the lower a layer, the slower it learns (Howard & Ruder, 2018; Clark et al., 2020)."""

from typing import Any

import pytorch_lightning as pl
from torch import nn

from tunesmith.configuration.ranges import PositiveFraction


class LayerwiseLearningRateDecay(pl.Callback):
    """The head learns at the full rate, the top layer at `decay` times that, the embeddings at decay ** (layers + 1).

    Args:
        decay: factor from each layer to the one below.
    """

    def __init__(self, *, decay: PositiveFraction) -> None:
        self.decay = decay

    def parameter_options(self, name: str, parameter: nn.Parameter, module: Any) -> dict[str, float]:
        """The share of the learning rate that a parameter gets."""
        if not name.startswith("backbone.model."):
            return {"lr_scale": 1.0}
        depth = module.backbone.depth_of(name.removeprefix("backbone.model."))
        return {"lr_scale": self.decay ** (module.backbone.layers + 1 - min(depth, module.backbone.layers))}
