"""VeRA against the paper's formula by hand; what it shares with other adapters is in test_adapter.py."""

import peft
import pytest
import torch

from tests.heads.test_classification import build
from tests.regularizers.modules import assembled, module_of
from tests.regularizers.test_adapter import FAMILIES, adapter, perturb

EVERY = {"bert": ["dense", "query"], "roberta": ["dense"], "xlnet": None, "gpt2": ["c_attn", "mlp.c_proj"]}


@pytest.mark.parametrize("family", FAMILIES)
def test_merged_weights_are_those_of_the_paper(family):
    vera = adapter("vera", target_modules=EVERY[family])
    plain, _ = module_of(family=family, dtype=torch.float64)
    module, _ = module_of(vera, family=family, dtype=torch.float64)
    perturb(module)
    expected = {name: weight.clone() for name, weight in plain.backbone.model.state_dict().items()}
    adapted = {name: weight.clone() for name, weight in module.backbone.model.state_dict().items()}
    updated = [name.removesuffix(".vera_lambda_b.default") for name in adapted if "vera_lambda_b" in name]
    for name in updated:
        weight = expected[f"{name}.weight"].T if family == "gpt2" else expected[f"{name}.weight"]  # (out, in)
        down = adapted[f"{name}.vera_A.default"][:, : weight.shape[1]]  # smaller layers have a corner of the matrices
        up = adapted[f"{name}.vera_B.default"][: weight.shape[0]]
        d, b = (adapted[f"{name}.vera_lambda_{vector}.default"] for vector in "db")
        weight += torch.diag(b) @ up @ torch.diag(d) @ down
    vera.finish(module)
    found = module.backbone.model.state_dict()
    assert len(updated) >= 4 and len({expected[f"{name}.weight"].shape for name in updated}) >= 2
    assert found.keys() == expected.keys()
    for name, weight in found.items():
        torch.testing.assert_close(weight, expected[name], atol=1e-12, rtol=0)


def test_all_layers_share_two_matrices_which_the_seed_determines():
    def matrices(seed):
        backbone, head, _ = build("bert", "single_label", "right", False)
        torch.manual_seed(seed)
        module = assembled(backbone, head, adapter("vera"))
        return [part for name, part in module.named_buffers(remove_duplicate=False) if ".vera_A." in name]

    one, same, other = matrices(1), matrices(1), matrices(2)
    assert len(one) == 4 and len({matrix.data_ptr() for matrix in one}) == 1
    assert torch.equal(one[0], same[0]) and not torch.equal(one[0], other[0])


def test_only_two_vectors_of_each_layer_are_trained_and_none_decays():
    module, _ = module_of(adapter("vera", d_initial=0.2))
    vectors = {name: part for name, part in module.named_parameters() if ".vera_" in name}
    assert len(vectors) == 8 and all(part.ndim == 1 and part.requires_grad for part in vectors.values())
    for name, part in vectors.items():
        assert torch.equal(part, torch.full_like(part, 0.2 if "lambda_d" in name else 0.0))


def test_the_matrices_are_saved_with_the_adapter(tmp_path):
    from safetensors.torch import load_file

    vera = adapter("vera")
    module, _ = module_of(vera)
    matrix = module.backbone.model.encoder.layer[0].attention.self.query.vera_A.default.clone()
    vera.finish(module)
    vera.save(tmp_path)
    assert torch.equal(load_file(tmp_path / "adapter/adapter_model.safetensors")["base_model.vera_A"], matrix)
    assert peft.PeftConfig.from_pretrained(tmp_path / "adapter").save_projection
