"""An optimizer step of several batches is that of one batch with all of their examples."""

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import TINY, checked
from tunesmith.training.accumulation import Accumulation
from tunesmith.training.train import train

WORDS = [
    *TINY,
    "optimizer=sgd",
    "optimizer.lr=0.5",
    "scheduler=constant",
    "scheduler.warmup_ratio=0",
    "dataset.size=32",
]
WORDS += ["regularization.standard.hidden_dropout=0", "regularization.standard.attention_dropout=0"]
CASES = [
    ["dataset=demo_entities", "head=token_classification"],
    ["dataset=demo_reviews", "regularization=[standard,class_weights]", "regularization.class_weights.weights=[1,9]"],
]


@pytest.mark.parametrize("words", CASES)
@pytest.mark.parametrize("batches", [4, 100])  # those of the epoch; more, so that its last step has fewer
def test_a_step_is_that_of_one_batch(words, batches, tmp_path, monkeypatch):
    states = []
    for size, accumulated in ((8, batches), (8 * batches, 1)):
        settings = [f"dataset.batch_size={size}", f"trainer.accumulate_grad_batches={accumulated}"]
        run = train(checked([*WORDS, *words, *settings, f"output_dir={tmp_path / str(size)}"]))
        states.append(load_file(run.model / "model.safetensors"))
        assert run.read_json("manifest.json")["steps"] == 1
    for name, weight in states[0].items():
        torch.testing.assert_close(weight, states[1][name], atol=1e-6, rtol=1e-4, msg=name)


def accumulated(batches, terms, lasts):
    """Gradients of a weight after each batch, whose loss is 1 times it."""
    weight, found = torch.nn.Parameter(torch.ones(())), []
    accumulation = Accumulation(batches)
    for count, last in zip(terms, lasts, strict=True):
        (weight * accumulation.weight(torch.tensor(float(count))) / batches).backward()
        accumulation.complete([weight, torch.nn.Parameter(torch.ones(()))], is_last_batch=last)
        found.append(weight.grad.item())
    return found


def test_batches_without_terms_are_no_division_by_zero():
    assert accumulated(2, [0, 0], [False, False])[-1] == 0
    assert accumulated(2, [0, 7], [False, False])[-1] == pytest.approx(1)
    assert accumulated(3, [7, 0], [False, True])[-1] == pytest.approx(1)


def test_equal_batches_are_those_of_lightning():
    """To the bit: a factor of 1 changes nothing."""
    assert accumulated(3, [8, 8, 8], [False] * 3) == [torch.tensor(n / 3).item() for n in (1, 2, 3)]
