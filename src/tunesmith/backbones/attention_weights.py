"""The attention weights of a forward pass, layer by layer, as `output_attentions` returns them.

Only the eager implementation computes weights: the fast kernels (sdpa, FlashAttention) never have them in memory.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import Batch
from tunesmith.errors import UserError


@torch.inference_mode()
def attention_weights(backbone: Backbone, batch: Batch) -> list[Tensor]:
    """The weights of each layer, lowest first: (batch, heads, queries, keys), of which each query's sum to 1.

    Args:
        backbone: in evaluation mode, since dropout would change the weights.
        batch: of windows, with the whole text visible: not as a head masks or permutes it.

    Raises:
        UserError: for a model that returns no weights, or weights that are not finite.
    """
    assert not backbone.model.training, "dropout would change the weights"
    with _eager(backbone.model):
        found = backbone.model(**backbone.arguments(batch), output_attentions=True).attentions
    layers = [] if found is None else [layer for layer in found if layer is not None]
    if len(layers) != backbone.layers or any(layer.ndim != 4 for layer in layers):
        raise UserError(
            f"{backbone.config.model_type} models return no attention weights of each head; expected a model such as bert, "
            "roberta, xlnet or gpt2"
        )
    for number, layer in enumerate(layers, start=1):
        if not layer.isfinite().all():
            raise UserError(
                f"the attention weights of layer {number} are not finite, so the model's own are not: the run diverged; "
                "train it again with a smaller optimizer.lr"
            )
    return layers


@contextlib.contextmanager
def _eager(model: Any) -> Iterator[None]:
    """The model with eager attention; afterwards with its own implementation again."""
    before = model.config._attn_implementation
    if before == "eager":  # always so for families without another one, such as XLNet, which refuse to be set
        yield
        return
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(before)
