"""Re-initialisation of the top layers and the pooler, which pretraining specialised for its own task (Zhang et al., 2021)."""

from typing import Any

import torch
from torch import nn

from tunesmith.configuration.ranges import NonNegativeInt
from tunesmith.errors import UserError
from tunesmith.regularizers.regularizer import Regularizer


class Reinit(Regularizer):
    """The top layers and the pooler begin as Hugging Face initialises those of a model that is not pretrained.

    Args:
        layers: number of layers, from the top.
        pooler: also the pretrained pooler, of models and heads that use one.
    """

    def __init__(self, *, layers: NonNegativeInt, pooler: bool) -> None:
        self.layers, self.pooler = layers, pooler

    def configure_model(self, module: Any) -> None:
        """Initialise the weights again.

        Raises:
            UserError: if the model has fewer layers, or if the new weights of a layer would not be trained.
        """
        backbone = module.backbone
        if self.layers > backbone.layers:
            raise UserError(
                f"regularization.reinit.layers is {self.layers}, but the model has {backbone.layers} layers; set "
                f"regularization.reinit.layers<={backbone.layers}"
            )
        parts = list(backbone.layer_modules[backbone.layers - self.layers :]) if self.layers else []
        if not all(parameter.requires_grad for part in parts for parameter in part.parameters()):
            raise UserError(
                f"regularization.reinit.layers is {self.layers}, but some weights of these layers are frozen: the new ones would "
                "stay random; freeze other layers, or set regularization.reinit.layers=0"
            )
        if self.pooler and backbone.pretrained_pooler[0] is not None:
            parts.append(backbone.pretrained_pooler[0])
        for part in parts:
            _initialise(part, backbone.model)


@torch.no_grad()
def _initialise(part: nn.Module, model: Any) -> None:
    for parameter in part.parameters():
        parameter._is_hf_initialized = False  # type: ignore[attr-defined]  # set where weights were loaded, and kept then
    part.apply(model._init_weights)  # inner modules first: GPT-2's blocks scale what their projections have drawn
