"""Frozen weights: training changes the rest; with biases only it is BitFit (Zaken et al., 2022)."""

from typing import Any

from tunesmith.configuration.ranges import NonNegativeInt
from tunesmith.errors import UserError
from tunesmith.regularizers.regularizer import Regularizer


class Freeze(Regularizer):
    """Frozen weights get no gradient and no weight decay. The head is trained, but not what it shares with the backbone.

    Args:
        embeddings: freeze the embeddings, those of positions included.
        layers: freeze the lowest layers, so many.
        backbone: freeze all but the head.
        biases_only: freeze all of the backbone but its biases, those of norms included.
    """

    freezes_parameters = True

    def __init__(self, *, embeddings: bool, layers: NonNegativeInt, backbone: bool, biases_only: bool) -> None:
        self.embeddings, self.layers, self.backbone, self.biases_only = embeddings, layers, backbone, biases_only

    def configure_model(self, module: Any) -> None:
        """Freeze the weights.

        Raises:
            UserError: if the model has fewer layers, or no biases, or nothing is left to train.
        """
        backbone = module.backbone
        if self.layers > backbone.layers:
            raise UserError(
                f"regularization.freeze.layers is {self.layers}, but the model has {backbone.layers} layers; set "
                f"regularization.freeze.layers<={backbone.layers}"
            )
        parameters = dict(backbone.model.named_parameters())
        if self.biases_only and not any(map(_is_bias, parameters)):
            raise UserError(
                f"regularization.freeze.biases_only is true, but {backbone.config.model_type} models have no biases; set it "
                "to false"
            )
        for name, parameter in parameters.items():
            if self._freezes(name, backbone.depth_of(name)):
                parameter.requires_grad_(False)
        if not any(parameter.requires_grad for parameter in module.parameters()):
            raise UserError(
                "regularization.freeze leaves nothing to train: all weights of the head are the backbone's; set "
                "regularization.freeze.backbone=false or freeze fewer layers"
            )

    def _freezes(self, name: str, depth: int) -> bool:
        part = (self.embeddings and depth == 0) or 1 <= depth <= self.layers
        return self.backbone or part or (self.biases_only and not _is_bias(name))


def _is_bias(name: str) -> bool:
    return name.endswith("bias")  # XLNet's r_w_bias too
