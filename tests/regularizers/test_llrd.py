"""The learning-rate factor of every layer, family by family."""

import pytest

from tests.regularizers.modules import module_of
from tunesmith.regularizers.llrd import LayerwiseLearningRateDecay


@pytest.mark.parametrize("family", ["bert", "roberta", "xlnet", "gpt2"])
def test_layerwise_decay(family):
    module, _ = module_of(LayerwiseLearningRateDecay(decay=0.5), family=family)
    scale = {id(p): group["lr_scale"] for group in module.parameter_groups() for p in group["params"]}
    for name, parameter in module.named_parameters():
        layer = next((int(part) for part in name.split(".") if part.isdecimal()), None)
        if name.startswith("head."):
            assert scale[id(parameter)] == 1.0
        elif layer is not None:
            assert scale[id(parameter)] == 0.5 ** (2 - layer), name
        elif "embed" in name or "wte" in name or "wpe" in name:
            assert scale[id(parameter)] == 0.5**3, name
        elif parameter.requires_grad:  # GPT-2's last norm, which follows the top layer
            assert scale[id(parameter)] == 0.5, name
