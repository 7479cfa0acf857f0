"""Layer-wise learning-rate decay: lower layers get smaller rates (Howard & Ruder, 2018; Clark et al., 2020)."""

from typing import Any

from torch import nn

from tunesmith.configuration.ranges import PositiveFraction
from tunesmith.regularizers.regularizer import Regularizer


class LayerwiseLearningRateDecay(Regularizer):
    """Learning-rate factors: 1 for the head, `decay` for the top layer, decay ** (layers + 1) for the embeddings.

    So do Howard & Ruder, and Zhang et al. (2021), who count BERT's pooler to the head, as here.
    ELECTRA's code leaves one factor out between head and top layer: decay ** 2, and decay ** (layers + 2).

    Args:
        decay: factor from each layer to the one below.
    """

    def __init__(self, *, decay: PositiveFraction) -> None:
        self.decay = decay

    def parameter_options(self, name: str, parameter: nn.Parameter, module: Any) -> dict[str, float]:
        """The learning-rate factor of a parameter."""
        if not name.startswith("backbone.model."):
            return {"lr_scale": 1.0}
        depth = module.backbone.depth_of(name.removeprefix("backbone.model."))
        return {"lr_scale": self.decay ** (module.backbone.layers + 1 - min(depth, module.backbone.layers))}
