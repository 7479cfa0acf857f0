"""Each pass equals the model without the skipped layers, and evaluation the whole model."""

from collections import Counter

import pytest
import torch

from tests.conftest import checked
from tests.distributed.test_workers import run_of
from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import module_of
from tests.regularizers.resuming import assert_resumes
from tests.regularizers.skipped_layers import hidden_by_layers
from tunesmith.errors import UserError
from tunesmith.regularizers.layer_dropout import LayerDropout

PASSES = 200


@pytest.mark.parametrize("family", FAMILIES)
def test_a_pass_equals_the_model_without_the_skipped_layers(family):
    module, batch = module_of(LayerDropout(probability=0.3), family=family, dtype=torch.float64)
    references = hidden_by_layers(module.backbone, batch, [1, 1])
    torch.manual_seed(0)
    found = Counter()
    for _ in range(PASSES):
        with torch.no_grad():
            hidden = module.backbone(batch)
        (kept,) = [kept for kept, reference in references.items() if torch.allclose(hidden, reference)]
        found[kept] += 1
    for kept in references:
        expected = 0.7 ** sum(kept) * 0.3 ** (2 - sum(kept))
        assert found[kept] / PASSES == pytest.approx(expected, abs=4 * (expected * (1 - expected) / PASSES) ** 0.5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_skipped_layer_has_gradients_of_zero(family):
    module, batch = module_of(LayerDropout(probability=0.999), family=family)
    torch.manual_seed(0)
    module.training_step(batch, 0).backward()
    for layer in module.backbone.layer_modules:
        gradients = [weight.grad for weight in layer.parameters() if weight.grad is not None]
        assert len(gradients) >= 12 and not any(gradient.any() for gradient in gradients)
    assert module.backbone.embeddings.weight.grad.any()


@pytest.mark.parametrize("family", FAMILIES)
def test_evaluation_uses_all_layers(family):
    (plain, batch), (module, _) = module_of(family=family), module_of(LayerDropout(probability=0.9), family=family)
    assert torch.equal(plain.eval()(batch).scores, module.eval()(batch).scores)


def test_the_hooks_are_removed():
    regularizer = LayerDropout(probability=0.9)
    (plain, batch), (module, _) = module_of(), module_of(regularizer)
    regularizer.finish(module)
    assert torch.equal(plain(batch).scores, module(batch).scores)


def test_probability_zero_is_plain_training_and_draws_nothing():
    (plain, batch), (module, _) = module_of(), module_of(LayerDropout(probability=0.0))
    state = torch.get_rng_state()
    assert torch.equal(plain.training_step(batch, 0), module.training_step(batch, 0))
    assert torch.equal(torch.get_rng_state(), state)


def test_a_resumed_run(tmp_path, monkeypatch):
    words = ["regularization=[standard,rdrop,layer_dropout]", "trainer.precision=bf16-mixed", "backbone=random_xlnet"]
    assert_resumes(words, tmp_path, monkeypatch)


def test_two_processes(tmp_path):
    # Without a gradient of some weight DDP would raise an error in the second step.
    words = ["regularization=[standard,layer_dropout]", "regularization.layer_dropout.probability=0.5"]
    assert run_of(tmp_path, words, 2).completed


def test_two_that_skip_layers_are_refused():
    with pytest.raises(UserError, match="contradict each other: both skip layers at random; drop one"):
        checked(["regularization=[standard,layer_dropout,stochastic_depth]"])
