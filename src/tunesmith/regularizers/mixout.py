"""Mixout: in each pass, the weights that leave random neurons are the pretrained ones (Lee et al., 2020)."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from tunesmith.configuration.ranges import Probability
from tunesmith.errors import UserError
from tunesmith.regularizers.random_mask import random_mask, rounded
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.starting_weights import StartingWeights


class Mixout(Regularizer):
    """With probability p, all weights from an input of a layer to its outputs are those that training started from.

    The result is (mix - p * w0) / (1 - p), the paper's equation 5, whose expectation is w. As in the authors' code,
    embeddings, biases and norms are not mixed; neither is the head, which was not pretrained. The gradient is that of the
    equation, of which the authors' code leaves out the factor 1 / (1 - p).

    Args:
        probability: p; 1 for the pretrained weights alone.
        mask: `neurons`, one draw for all weights of an input, as dropout of that input would remove them; `elements`, one
            for each weight: mixconnect, in the authors' words.
    """

    replaces = ("the weights of a pass",)

    def __init__(self, *, probability: Probability, mask: Literal["neurons", "elements"]) -> None:
        self.probability, self.mask = probability, mask
        self._start = StartingWeights()
        self._outputs: dict[str, tuple[int, ...]] = {}

    def configure_model(self, module: Any) -> None:
        """Look for weights to mix.

        Raises:
            UserError: if none of them is trained.
        """
        if self.probability and not _mixed_weights(module.backbone):
            raise UserError(
                "regularization.mixout mixes the matrices of the layers, and all of them are frozen: it would change nothing; "
                "freeze less, or drop mixout"
            )

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Keep the pretrained weights."""
        if self.probability:
            self._start.keep(pl_module, _mixed_weights(pl_module.backbone))
        if self.mask == "neurons":
            self._outputs = {name: _output_dimensions(pl_module, name) for name in self._start.values}

    def forward_weights(self, module: Any) -> Mapping[str, Tensor]:
        """The mixed weights of a pass, with a new mask."""
        return {
            name: mixed(module.get_parameter(name), start, self.probability, shared=self._outputs.get(name, ()))
            for name, start in self._start.values.items()
        }

    def state_dict(self) -> dict[str, Any]:
        """The pretrained weights."""
        return self._start.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self._start.load_state_dict(state_dict)


def mixed(weight: Tensor, start: Tensor, probability: float, *, shared: Sequence[int] = ()) -> Tensor:
    """Mixout of a weight, of any shape: dropout of its distance from where it started.

    Args:
        weight: that is trained.
        start: where it started.
        probability: of an element to be that of the start.
        shared: dimensions along which the mask is the same.
    """
    part = weight
    for dimension in shared:
        part = part.narrow(dimension, 0, 1)
    replaced = random_mask(part, probability)
    scale = 1 / (1 - rounded(probability)) if rounded(probability) < 1 else 1.0
    return torch.lerp(start, weight, replaced.logical_not().to(weight.dtype) * scale)  # in one pass over the weight


def _mixed_weights(backbone: Any) -> list[str]:
    """The module's names for the trained weights of the model that multiply hidden states."""
    return [
        f"backbone.model.{name}"
        for name, parameter in backbone.model.named_parameters()
        if parameter.requires_grad and backbone.depth_of(name) > 0 and _is_matrix(name, parameter)
    ]


def _is_matrix(name: str, parameter: nn.Parameter) -> bool:
    """Whether a weight multiplies hidden states; XLNet has biases and embeddings of segments that are matrices."""
    return parameter.ndim >= 2 and not name.endswith("bias") and "embed" not in name


def _output_dimensions(module: Any, name: str) -> tuple[int, ...]:
    """The dimensions of a matrix that number the outputs of its layer; none for weights of a kind that is not known."""
    from transformers.pytorch_utils import Conv1D

    path, _, own = name.rpartition(".")
    layer, dimensions = module.get_submodule(path), module.get_parameter(name).ndim
    if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
        return (0,)  # (out, in, ...)
    if isinstance(layer, Conv1D):
        return (1,)  # GPT-2 stores its weights as (in, out)
    if module.backbone.config.model_type == "xlnet" and own in tuple("qkvor"):
        return (0,) if own == "o" else tuple(range(1, dimensions))  # (width, heads, width of a head)
    return ()
