"""The learning-rate factor of every layer, family by family."""

import copy

import pytest
from transformers import AutoModel

from tests.heads.test_classification import FAMILIES, OTHER_FAMILIES, TEXTS, mini, text_task
from tests.regularizers.modules import assembled, module_of
from tunesmith.backbones.backbone import Backbone
from tunesmith.heads.classification import Classification
from tunesmith.regularizers.llrd import LayerwiseLearningRateDecay


def other_module(family, regularizer):
    """A module of a family that has no random backbone of its own."""
    tokenizer = mini("bert").tokenizer(lambda: TEXTS, pre_split=False)
    config = copy.deepcopy(OTHER_FAMILIES[family])
    config.vocab_size, config.pad_token_id = len(tokenizer), tokenizer.pad_token_id
    backbone = Backbone(AutoModel.from_config(config), tokenizer)
    return assembled(backbone, Classification(backbone, text_task("single_label", False)), regularizer)


@pytest.mark.parametrize("family", [*FAMILIES, *OTHER_FAMILIES])
def test_layerwise_decay(family):
    llrd = LayerwiseLearningRateDecay(decay=0.5)
    module = module_of(llrd, family=family)[0] if family in FAMILIES else other_module(family, llrd)
    scale = {id(p): group["lr_scale"] for group in module.parameter_groups() for p in group["params"]}
    seen = set()
    for name, parameter in module.named_parameters():
        layer = next((int(part) for part in name.split(".") if part.isdecimal()), None)
        if name.startswith("head."):
            assert scale[id(parameter)] == 1.0
        elif layer is not None:
            assert scale[id(parameter)] == 0.5 ** (module.backbone.layers - layer), name
        elif "embed" in name or "wte" in name or "wpe" in name:
            assert scale[id(parameter)] == 0.5 ** (module.backbone.layers + 1), name
        elif parameter.requires_grad:  # GPT-2's last norm, which follows the top layer
            assert scale[id(parameter)] == 0.5, name
        seen.add(layer)
    assert seen >= set(range(module.backbone.layers))
