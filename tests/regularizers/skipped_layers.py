"""The same model without some layers, as Hugging Face computes it: the reference of what skips layers."""

import copy
import itertools

import torch
from torch import nn


class Scaled(nn.Module):
    """A layer whose difference from its input, in all streams, is scaled."""

    def __init__(self, layer, factor):
        super().__init__()
        self.layer, self.factor = layer, factor

    def forward(self, *inputs, **options):
        output = self.layer(*inputs, **options)
        if not isinstance(output, tuple):
            return inputs[0] + self.factor * (output - inputs[0])
        return tuple(None if y is None else x + self.factor * (y - x) for x, y in zip(inputs, output, strict=False))


@torch.no_grad()
def hidden_by_layers(backbone, batch, factors):
    """The hidden states (batch, length, width) for each choice of layers that are not skipped, which are scaled."""
    hidden = {}
    for kept in itertools.product([False, True], repeat=len(factors)):
        reduced = copy.deepcopy(backbone)
        for hooked in reduced.modules():
            hooked._forward_hooks.clear()
        layers = reduced.layer_modules
        for number in reversed(range(len(factors))):
            if kept[number]:
                layers[number] = Scaled(layers[number], factors[number])
            else:
                del layers[number]
        hidden[kept] = reduced(batch)
    return hidden
