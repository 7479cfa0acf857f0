"""Functions that change what the layers of a backbone return, whatever the family's layers look like."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from tunesmith.backbones.backbone import Backbone

Change = Callable[[int, Tensor, Tensor], Tensor]


def hook_layers(backbone: Backbone, change: Change) -> list[RemovableHandle]:
    """Let a function change the output of each layer, in training mode only, until the handles are removed.

    Args:
        backbone: its layers are those of `layer_modules`.
        change: from a layer's depth, 1 for the lowest, its input and its output, each (batch, length, width), to a new
            output. XLNet's two streams, of which the second is there for its language model only, come as one, the
            positions of the second after those of the first.

    Raises:
        UserError: if the layers cannot be found.
    """
    hook = _xlnet_hook if backbone.config.model_type == "xlnet" else _hook
    layers = enumerate(backbone.layer_modules, start=1)
    return [layer.register_forward_hook(hook(depth, change), with_kwargs=True) for depth, layer in layers]


def _hook(depth: int, change: Change) -> Callable[..., Any]:
    def changed(layer: Any, inputs: tuple[Any, ...], options: dict[str, Any], output: Any) -> Any:
        if not layer.training:
            return output
        before = inputs[0] if inputs else options["hidden_states"]
        if isinstance(output, tuple):  # with attention weights
            return (change(depth, before, output[0]), *output[1:])
        return change(depth, before, output)

    return changed


def _xlnet_hook(depth: int, change: Change) -> Callable[..., Any]:
    def changed(layer: Any, inputs: tuple[Any, ...], options: dict[str, Any], output: tuple[Any, ...]) -> Any:
        if not layer.training:
            return output
        streams = [stream for stream in output[:2] if stream is not None]  # (length, batch, width)
        before, after = (torch.cat(part[: len(streams)]).transpose(0, 1) for part in (inputs, output))
        new = change(depth, before, after).transpose(0, 1).split([len(stream) for stream in streams])
        return (*new, *output[len(streams) :])

    return changed
