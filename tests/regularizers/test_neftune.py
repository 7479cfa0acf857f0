"""NEFTune's noise against the paper's bound and distribution, token by token, and only in training."""

import pytest
import torch

from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import assert_plain_training, module_of
from tunesmith.regularizers.neftune import NefTune


def embedded(module, batch):
    """(batch, length, width) what the lookup returns, after the hooks."""
    found = []
    handle = module.backbone.embeddings.register_forward_hook(lambda *call: found.append(call[2]))
    module(batch)
    handle.remove()
    (one,) = found
    return one.detach().transpose(0, 1) if module.backbone.config.model_type == "xlnet" else one.detach()


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("family", FAMILIES)
def test_each_example_has_its_own_scale_and_padding_none(family, side):
    module, batch = module_of(NefTune(alpha=5.0), family=family, side=side)
    clean = module.backbone.embeddings.weight[batch.inputs["input_ids"]].detach()
    torch.manual_seed(1)
    noise = torch.stack([embedded(module, batch) - clean for _ in range(20)])
    lengths = batch.inputs["attention_mask"].sum(1).tolist()
    assert len(set(lengths)) > 1
    for row, length in enumerate(lengths):
        real = batch.inputs["attention_mask"][row] == 1
        bound = 5.0 / (length * 32) ** 0.5
        values = noise[:, row, real].flatten() / bound
        assert 0.98 < values.abs().max() <= 1 + 1e-5
        assert values.mean().abs() < 0.05 and values.std().item() == pytest.approx(3**-0.5, rel=0.05)  # uniform
        assert not noise[:, row, ~real].any()


def test_a_batch_without_padding():
    module, batch = module_of(NefTune(alpha=5.0))
    batch.inputs = {name: tensor[1:2] for name, tensor in batch.inputs.items() if name != "attention_mask"}
    noise = embedded(module, batch) - module.backbone.embeddings.weight[batch.inputs["input_ids"]]
    bound = 5.0 / (batch.inputs["input_ids"].shape[1] * 32) ** 0.5
    assert 0.95 * bound < noise.abs().max() <= bound * (1 + 1e-5)


def test_evaluation_has_no_noise_and_neither_has_a_completed_run():
    module, batch = module_of(NefTune(alpha=5.0))
    plain, _ = module_of()
    assert not torch.equal(module(batch).scores, plain(batch).scores)
    assert torch.equal(module.eval()(batch).scores, plain.eval()(batch).scores)
    module.regularizers[0].finish(module)
    assert torch.equal(module.train()(batch).scores, plain.train()(batch).scores)


def test_strength_0_is_plain_training_and_draws_nothing():
    assert_plain_training(NefTune(alpha=0.0))
