"""Gradual unfreezing: the head is trained first, then one layer more at a time, from the top (Howard & Ruder, 2018)."""

from typing import Any

import pytorch_lightning as pl

from tunesmith.configuration.ranges import PositiveInt
from tunesmith.errors import UserError
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.runs.messages import warning


class GradualUnfreezing(Regularizer):
    """In epoch e, from 0, the head and the top e layers are trained; the embeddings are the last.

    That is the paper's text; its authors' script trains all layers from the third epoch on.

    The weights that wait have no gradient in the optimizer step, and so neither decay nor count for clipping.

    Args:
        epochs_per_layer: epochs before each further layer.
    """

    conflicts = {"freeze": "what is frozen for the whole run cannot be trained later"}

    def __init__(self, *, epochs_per_layer: PositiveInt) -> None:
        self.epochs_per_layer = epochs_per_layer

    def configure_model(self, module: Any) -> None:
        """Look for the weights that are trained first.

        Raises:
            UserError: if the head has none of its own, as GPT-2's language model.
        """
        backbone = {id(parameter) for parameter in module.backbone.parameters()}
        if all(id(parameter) in backbone for parameter in module.parameters()):
            raise UserError(
                "regularization.gradual_unfreezing trains only the head at first, but all weights of this head are the "
                "backbone's: nothing would be trained; drop gradual_unfreezing or choose another head"
            )

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Say what a run is too short to train: three epochs of a model with 12 layers reach the top two."""
        batches, layers = len(trainer.datamodule.plan), pl_module.backbone.layers  # type: ignore[attr-defined]
        steps = -(-batches // trainer.accumulate_grad_batches)  # the last one of an epoch may have fewer batches
        epochs = -(-pl_module.total_steps // steps)
        reached = (epochs - 1) // self.epochs_per_layer  # layers from the top, and then the embeddings
        if reached <= layers and trainer.is_global_zero:
            trained = f"the head and the top {reached} of {layers} layers" if reached else "the head"
            waiting = f"the {layers - reached} below and the embeddings" if reached < layers else "the embeddings"
            warning(
                f"gradual_unfreezing trains {trained} in {epochs} epoch{'s' * (epochs > 1)}, and never {waiting}: all are trained "
                f"from epoch {(layers + 1) * self.epochs_per_layer + 1} on"
            )

    def on_after_backward(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Remove the gradients of the weights that wait; DDP has averaged them, for it needs all of them."""
        backbone = pl_module.backbone
        lowest = backbone.layers + 1 - pl_module.current_epoch // self.epochs_per_layer  # depth of the lowest trained
        for name, parameter in backbone.model.named_parameters():
            # What follows the top layer, such as GPT-2's last norm, belongs to it.
            if min(backbone.depth_of(name), backbone.layers) < lowest:
                parameter.grad = None
