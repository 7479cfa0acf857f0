"""LoRA, rsLoRA and DoRA against the papers' formulas by hand; what they share with other adapters is in test_adapter.py."""

import pytest
import torch

from tests.regularizers.modules import module_of
from tests.regularizers.test_adapter import FAMILIES, perturb
from tunesmith.errors import UserError
from tunesmith.regularizers.lora import Lora

SETTINGS = {"variant": "lora", "r": 4, "alpha": 6.0, "dropout": 0.0, "lr_scale": 10.0, "target_modules": None}


@pytest.mark.parametrize("variant,scale", [("lora", 6 / 4), ("rslora", 6 / 4**0.5)])
@pytest.mark.parametrize("family", FAMILIES)
def test_merged_weights_are_those_of_the_paper(family, variant, scale):
    lora = Lora(**SETTINGS | {"variant": variant})
    plain, _ = module_of(family=family, dtype=torch.float64)
    module, _ = module_of(lora, family=family, dtype=torch.float64)
    perturb(module)
    expected = {name: weight.clone() for name, weight in plain.backbone.model.state_dict().items()}
    adapted = {name: weight.clone() for name, weight in module.backbone.model.state_dict().items()}
    updated = [name.removesuffix(".lora_A.default.weight") for name in adapted if "lora_A" in name]
    for name in updated:
        update = scale * adapted[f"{name}.lora_B.default.weight"] @ adapted[f"{name}.lora_A.default.weight"]
        expected[f"{name}.weight"] += update.T if family == "gpt2" else update  # Conv1D has (in, out)
    lora.finish(module)
    found = module.backbone.model.state_dict()
    assert len(updated) >= 2 and found.keys() == expected.keys()
    assert not hasattr(module.backbone.model, "peft_config")
    for name, weight in found.items():
        torch.testing.assert_close(weight, expected[name], atol=1e-12, rtol=0)


def test_merged_weights_of_dora_are_those_of_the_paper():
    lora = Lora(**SETTINGS | {"variant": "dora"})
    module, _ = module_of(lora, dtype=torch.float64)
    perturb(module)
    query = module.backbone.model.encoder.layer[0].attention.self.query
    update = 1.5 * query.lora_B.default.weight @ query.lora_A.default.weight
    direction = query.base_layer.weight + update
    norms = direction.norm(dim=1, keepdim=True)  # of the weights of each output
    expected = query.lora_magnitude_vector.default.weight[:, None] * direction / norms
    lora.finish(module)
    torch.testing.assert_close(module.backbone.model.encoder.layer[0].attention.self.query.weight, expected)


def test_a_norm_of_dora_is_no_matrix_which_would_decay():
    for family in FAMILIES:
        module, _ = module_of(Lora(**SETTINGS | {"variant": "dora"}), family=family)
        norms = [parameter for name, parameter in module.named_parameters() if "magnitude" in name]
        assert norms and all(norm.ndim == 1 for norm in norms)


def test_named_modules_are_the_ones_that_are_updated():
    module, _ = module_of(Lora(**SETTINGS | {"target_modules": ["attention.output.dense", "key"]}))
    updated = {name.partition(".lora_A")[0].partition("layer.")[2] for name in module.state_dict() if ".lora_A" in name}
    assert updated == {f"{layer}.attention.{part}" for layer in (0, 1) for part in ("output.dense", "self.key")}


@pytest.mark.parametrize(
    "family,targets,message",
    [
        ("bert", ["query", "valeu"], "has no linear layer valeu; did you mean value"),
        ("bert", ["LayerNorm"], "no linear layer LayerNorm; expected some of dense, key, query, value, or null"),
        ("xlnet", ["q"], "xlnet has no linear layer q; expected some of layer_1, layer_2"),
        ("gpt2", [], "is empty"),
    ],
)
def test_modules_that_are_not_there(family, targets, message):
    with pytest.raises(UserError, match=message):
        module_of(Lora(**SETTINGS | {"target_modules": targets}), family=family)
