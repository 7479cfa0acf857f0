"""Weights that wait do not move, decay included, and move when their epoch comes."""

import copy

import pytest
import torch

from tests.conftest import checked
from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import module_of, refusal
from tests.regularizers.resuming import assert_resumes
from tests.training.test_resume import WORDS
from tunesmith.errors import UserError
from tunesmith.regularizers.gradual_unfreezing import GradualUnfreezing
from tunesmith.training.module import FineTuningModule
from tunesmith.training.train import train


def part(name):
    """The epoch in which a weight of a model with two layers begins to be trained, by Hugging Face's name for it."""
    if name.startswith("head."):
        return 0
    layer = next((int(word) for word in name.split(".") if word.isdecimal()), None)
    if layer is not None:
        return 2 - layer
    return 1 if "ln_f" in name else 3


@pytest.mark.parametrize("epochs_per_layer", [1, 2])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_weights_that_move(family, epochs_per_layer, monkeypatch):
    regularizer = GradualUnfreezing(epochs_per_layer=epochs_per_layer)
    module, batch = module_of(regularizer, family=family)
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.01, weight_decay=0.1)
    for epoch in range(5 * epochs_per_layer):
        monkeypatch.setattr(FineTuningModule, "current_epoch", epoch)
        before = {name: weight.detach().clone() for name, weight in module.named_parameters()}
        optimizer.zero_grad()
        for _ in range(2):  # accumulated
            module.training_step(batch, 0).backward()
            regularizer.on_after_backward(None, module)
        optimizer.step()
        for name, weight in module.named_parameters():
            if weight.requires_grad:
                assert torch.equal(weight, before[name]) == (epoch < part(name) * epochs_per_layer), name


def test_weights_move_in_the_epochs_of_a_run(tmp_path, monkeypatch, capsys):
    seen = []
    monkeypatch.setattr(
        FineTuningModule,
        "on_train_epoch_end",
        lambda self: seen.append({name: copy.deepcopy(weight.data) for name, weight in self.named_parameters()}),
        raising=False,
    )
    words = ["regularization=[standard,gradual_unfreezing]", "trainer.max_epochs=5", "backbone.layers=2"]
    train(checked([*WORDS, *words, "optimizer.weight_decay=0.1", f"output_dir={tmp_path}"]))
    assert len(seen) == 5
    for epoch in range(1, 5):
        for name, weight in seen[epoch].items():
            assert torch.equal(weight, seen[epoch - 1][name]) == (epoch < part(name)), (epoch, name)
    assert "never" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "words,said",
    [
        (["trainer.max_epochs=3"], "the top 2 of 2 layers in 3 epochs, and never the embeddings: all are trained from epoch 4 on"),
        (
            ["trainer.max_epochs=9", "trainer.max_steps=5", "trainer.accumulate_grad_batches=3"],
            "the top 1 of 2 layers in 2 epochs, and never the 1 below and the embeddings",
        ),
        (
            ["trainer.max_epochs=3", "trainer.accumulate_grad_batches=100"],
            "the top 2 of 2 layers in 3 epochs, and never the embeddings",
        ),
    ],
)  # fmt: skip
def test_what_a_run_is_too_short_for_is_said(words, said, tmp_path, capsys):
    given = [
        "dataset.size=48",
        "dataset.batch_size=4",
        "regularization=[standard,gradual_unfreezing]",
        "backbone.layers=2",
    ]
    run = train(checked([*WORDS, *given, *words, f"output_dir={tmp_path}"]))
    assert said in capsys.readouterr().out and said in (run.path / "train.log").read_text()


def test_a_resumed_run(tmp_path, monkeypatch):
    words = ["regularization=[standard,gradual_unfreezing]", "trainer.accumulate_grad_batches=2"]
    assert_resumes(words, tmp_path, monkeypatch, cuts=[("on_train_batch_start", 2), ("on_train_batch_start", 6)])


def test_frozen_weights_cannot_be_unfrozen():
    with pytest.raises(
        UserError, match="contradict each other: what is frozen for the whole run cannot be trained later"
    ):
        checked(["regularization=[standard,freeze,gradual_unfreezing]"])


def test_frozen_weights_are_recognised_under_another_name():
    """As a YAML file of the user's, conf/regularization/bitfit.yaml, may name them."""
    freeze = "_target_: tunesmith.regularizers.freeze.Freeze, embeddings: false, layers: 0, backbone: false, biases_only: true"
    words = ["regularization=[standard,gradual_unfreezing]", f"+regularization.bitfit={{{freeze}}}"]
    assert "gradual_unfreezing and bitfit contradict each other: what is frozen" in refusal(*words)


def test_a_head_without_weights_of_its_own():
    """The first epoch would train nothing: GPT-2's output layer is its embeddings."""
    words = ["dataset=demo_corpus", "head=causal_lm", "backbone=random_gpt2", "regularization=[gradual_unfreezing]"]
    assert "all weights of this head are the backbone's: nothing would be trained" in refusal(*words)


def test_an_optimizer_that_counts_the_steps_of_all_weights_alike():
    words = ["optimizer=schedule_free", "scheduler=constant", "scheduler.warmup_ratio=0"]
    assert "gradual_unfreezing and optimizer ScheduleFree contradict each other: it counts" in refusal(
        *words, "regularization=[gradual_unfreezing]"
    )
