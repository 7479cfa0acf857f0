"""Each example equals the model without its skipped layers, the others scaled, and evaluation the whole model."""

from collections import Counter

import pytest
import torch

from tests.distributed.test_workers import run_of
from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import module_of
from tests.regularizers.resuming import assert_resumes
from tests.regularizers.skipped_layers import hidden_by_layers
from tunesmith.regularizers.stochastic_depth import StochasticDepth

PASSES = 100
SURVIVAL = (0.7, 0.4)  # 1 - l / 2 * 0.6, the paper's equation 4


@pytest.mark.parametrize("family", FAMILIES)
def test_each_example_equals_the_model_without_its_skipped_layers(family):
    module, batch = module_of(StochasticDepth(probability=0.6), family=family, dtype=torch.float64)
    references = hidden_by_layers(module.backbone, batch, [1 / survival for survival in SURVIVAL])
    torch.manual_seed(0)
    found, mixed = Counter(), 0
    for _ in range(PASSES):
        with torch.no_grad():
            hidden = module.backbone(batch)
        chosen = [
            next(kept for kept, reference in references.items() if torch.allclose(one, reference[number]))
            for number, one in enumerate(hidden)
        ]
        found.update(chosen)
        mixed += len(set(chosen)) > 1
    count = PASSES * batch.size
    assert sum(found.values()) == count and mixed > PASSES / 2  # examples skip independently
    for kept in references:
        chances = [survival if keep else 1 - survival for keep, survival in zip(kept, SURVIVAL, strict=True)]
        expected = chances[0] * chances[1]
        assert found[kept] / count == pytest.approx(expected, abs=4 * (expected * (1 - expected) / count) ** 0.5)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_expectation_over_the_top_layer_is_the_evaluated_output(family):
    module, batch = module_of(StochasticDepth(probability=0.6), family=family, dtype=torch.float64)
    layer = module.backbone.layer_modules[1]
    whole = {}
    handle = layer.register_forward_hook(lambda part, inputs, output: whole.update(output=output))
    with torch.no_grad():
        module.eval()
        module.backbone(batch)
        expected = whole["output"]
        expected = expected[0] if isinstance(expected, tuple) else expected
        module.train()
        module.backbone.layer_modules[0].eval()  # its input is then always the same
        total = 0.0
        for _ in range(400):
            module.backbone(batch)
            output = whole["output"]
            total = total + (output[0] if isinstance(output, tuple) else output)
    handle.remove()
    assert (total / 400 - expected).abs().mean() < 0.05 * expected.abs().mean()


def test_both_streams_of_xlnets_language_model():
    module, batch = module_of(StochasticDepth(probability=0.6), family="xlnet")
    ids = batch.inputs["input_ids"]
    length, predicted = ids.shape[1], 2
    mapping = torch.zeros(len(ids), predicted, length)
    mapping[:, torch.arange(predicted), torch.arange(predicted)] = 1

    class Streams(torch.nn.Module):
        """The backbone, predicting the first tokens."""

        def __init__(self, backbone):
            super().__init__()
            self.backbone = backbone

        @property
        def layer_modules(self):
            return self.backbone.layer_modules

        def forward(self, batch):
            return self.backbone.model(**batch.inputs, target_mapping=mapping)[0]  # (batch, predicted, width)

    streams = Streams(module.backbone)
    references = hidden_by_layers(streams, batch, [1 / survival for survival in SURVIVAL])
    torch.manual_seed(0)
    chosen = set()
    for _ in range(20):
        with torch.no_grad():
            hidden = streams(batch)
        assert hidden.shape[1] == predicted
        for number, one in enumerate(hidden):
            chosen.add(
                next(kept for kept, found in references.items() if torch.allclose(one, found[number], atol=1e-5))
            )
    assert len(chosen) == 4


@pytest.mark.parametrize("family", FAMILIES)
def test_evaluation_uses_all_layers(family):
    (plain, batch), (module, _) = module_of(family=family), module_of(StochasticDepth(probability=0.9), family=family)
    assert torch.equal(plain.eval()(batch).scores, module.eval()(batch).scores)


def test_the_hooks_are_removed():
    regularizer = StochasticDepth(probability=0.9)
    (plain, batch), (module, _) = module_of(), module_of(regularizer)
    regularizer.finish(module)
    assert torch.equal(plain(batch).scores, module(batch).scores)


def test_probability_zero_is_plain_training_and_draws_nothing():
    (plain, batch), (module, _) = module_of(), module_of(StochasticDepth(probability=0.0))
    state = torch.get_rng_state()
    assert torch.equal(plain.training_step(batch, 0), module.training_step(batch, 0))
    assert torch.equal(torch.get_rng_state(), state)


def test_a_resumed_run(tmp_path, monkeypatch):
    words = ["regularization=[standard,stochastic_depth]", "trainer.accumulate_grad_batches=2", "backbone=random_gpt2"]
    assert_resumes(words, tmp_path, monkeypatch, cuts=[("on_train_batch_start", 2)])


def test_two_processes(tmp_path):
    words = ["regularization=[standard,stochastic_depth]", "regularization.stochastic_depth.probability=0.9"]
    assert run_of(tmp_path, words, 2).completed
