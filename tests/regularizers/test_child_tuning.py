"""Masks of both variants, by hand, and runs that keep them."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.distributed.test_workers import run_of
from tests.heads.test_classification import FAMILIES, collated, text_task
from tests.regularizers.modules import module_of, refusal
from tests.regularizers.resuming import assert_resumes
from tunesmith.distributed import collectives
from tunesmith.regularizers import child_tuning
from tunesmith.regularizers.child_tuning import ChildTuning, largest
from tunesmith.regularizers.gradual_unfreezing import GradualUnfreezing


def trainer_of(module, batch):
    """With two batches in its plan."""
    other = collated(text_task("single_label", True), module.backbone.tokenizer, "single_label")
    shard = {0: batch, 1: other}
    loader = SimpleNamespace(dataset=shard)
    return SimpleNamespace(train_dataloader=loader, datamodule=SimpleNamespace(plan=SimpleNamespace(batches=[0, 1])))


def with_gradients(module, batch):
    module.training_step(batch, 0).backward()
    return {name: weight.grad.clone() for name, weight in module.named_parameters() if weight.grad is not None}


@pytest.mark.parametrize("family", FAMILIES)
def test_free_masks(family):
    regularizer = ChildTuning(mode="free", reserve=0.25)
    module, batch = module_of(regularizer, family=family, dtype=torch.float64)
    before, masks = with_gradients(module, batch), []
    for _ in range(2):
        for name, gradient in before.items():
            module.get_parameter(name).grad = gradient.clone()
        regularizer.before_update(module)
        kept = []
        for name, gradient in before.items():
            found = module.get_parameter(name).grad
            if name.startswith("head."):
                assert torch.equal(found, gradient)
            else:
                mask = (found != 0) | (gradient == 0)
                torch.testing.assert_close(found, torch.where(mask, gradient / 0.25, 0.0))
                kept.append(mask[gradient != 0])
        masks.append(torch.cat(kept))
    counted = masks[0].double().mean().item()
    assert counted == pytest.approx(0.25, abs=5 * (0.1875 / len(masks[0])) ** 0.5)
    # Two masks are independent of each other.
    assert (masks[0] & masks[1]).double().mean().item() == pytest.approx(0.0625, abs=5 * (0.09 / len(masks[0])) ** 0.5)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_task_driven_mask(family):
    regularizer = ChildTuning(mode="task_driven", reserve=0.25)
    module, batch = module_of(regularizer, family=family, dtype=torch.float64)
    trainer = trainer_of(module, batch)
    # By hand: squared gradients of each batch's loss, their mean over batches, the largest quarter of the layers.
    names = [
        name
        for name, weight in module.named_parameters()
        if name.startswith("backbone.") and weight.requires_grad and any(part.isdecimal() for part in name.split("."))
    ]
    fisher = dict.fromkeys(names, 0.0)
    for one in trainer.train_dataloader.dataset.values():
        module.zero_grad()
        gradients = with_gradients(module, one)
        for name in names:
            fisher[name] = fisher[name] + gradients.get(name, torch.zeros_like(module.get_parameter(name))) ** 2 / 2
    threshold = np.quantile(torch.cat([value.flatten() for value in fisher.values()]).numpy(), 0.75)
    expected = {name: value >= threshold for name, value in fisher.items()}
    module.zero_grad()

    state = torch.get_rng_state()
    regularizer.on_train_start(trainer, module)
    assert torch.equal(torch.get_rng_state(), state) and module.training
    assert all(weight.grad is None for weight in module.parameters())
    before = with_gradients(module, batch)
    regularizer.before_update(module)
    count = sum(mask.numel() for mask in expected.values())
    assert sum(int(mask.sum()) for mask in expected.values()) == pytest.approx(count / 4, abs=2)
    for name, gradient in before.items():
        found = module.get_parameter(name).grad
        assert torch.equal(found, gradient * expected[name] if name in expected else gradient), name


def test_dropout_does_not_change_the_fisher_information():
    found = []
    for seed in range(2):
        regularizer = ChildTuning(mode="task_driven", reserve=0.25)
        module, batch = module_of(regularizer, dtype=torch.float64)
        torch.manual_seed(seed)
        for part in module.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.5
        regularizer.on_train_start(trainer_of(module, batch), module)
        found.append(regularizer.state_dict()["mask"])
    assert found[0] and all(torch.equal(mask, found[1][name]) for name, mask in found[0].items())


def test_the_largest_of_all_shapes():
    found = largest({"a": torch.tensor([[1.0, 5.0], [3.0, 2.0]]), "b": torch.tensor([4.0, 0.0])}, 0.5)
    assert found["a"].tolist() == [[False, True], [True, False]] and found["b"].tolist() == [True, False]


@pytest.mark.parametrize("mode", ["free", "task_driven"])
def test_all_reserved_is_plain_training(mode):
    regularizer = ChildTuning(mode=mode, reserve=1.0)
    module, batch = module_of(regularizer)
    state = torch.get_rng_state()
    regularizer.on_train_start(None, module)
    before = with_gradients(module, batch)
    regularizer.before_update(module)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(module.get_parameter(name).grad, gradient) for name, gradient in before.items())


@pytest.mark.parametrize("mode", ["free", "task_driven"])
def test_a_resumed_run_has_its_masks(mode, tmp_path, monkeypatch):
    calls, fisher = [], child_tuning.fisher_information

    def counted(*arguments):
        calls.append(1)
        return fisher(*arguments)

    monkeypatch.setattr(child_tuning, "fisher_information", counted)
    words = ["regularization=[standard,child_tuning]", f"regularization.child_tuning.mode={mode}"]
    # `assert_resumes` undoes this after the first interruption: counted are the two runs that start.
    assert_resumes(words, tmp_path, monkeypatch)
    assert len(calls) == (2 if mode == "task_driven" else 0)


@pytest.mark.parametrize(
    "mode,frozen,what", [("free", "backbone=true", "the backbone"), ("task_driven", "layers=2", "the layers")]
)
def test_nothing_to_mask(mode, frozen, what):
    words = ["regularization=[child_tuning,freeze]", f"regularization.freeze.{frozen}", "backbone.layers=2"]
    words += [f"regularization.child_tuning.mode={mode}"]
    assert f"mode={mode}, masks gradients of {what}, of which nothing is trained" in refusal(*words)


def test_a_fraction_that_no_mask_can_have():
    """It would be rounded to zero, and the gradients divided by that."""
    words = ["regularization=[child_tuning]", "regularization.child_tuning.reserve=1e-6"]
    assert "reserve is 1e-06, so that no element would be updated; set it to 2e-5 or more" in refusal(*words)


def test_weights_that_wait_have_no_gradient_to_mask():
    """In the first epoch of gradual unfreezing all of the backbone waits."""
    regularizers = ChildTuning(mode="free", reserve=0.5), GradualUnfreezing(epochs_per_layer=1)
    module, batch = module_of(*regularizers)
    module.training_step(batch, 0).backward()
    regularizers[1].on_after_backward(None, module)
    regularizers[0].before_update(module)
    assert {name.partition(".")[0] for name, weight in module.named_parameters() if weight.grad is not None} == {"head"}


def test_processes_draw_the_same_free_masks(tmp_path, monkeypatch):
    sums = []

    def begin(self, trainer, module):
        torch.manual_seed(trainer.global_rank)  # ranks differ, as for dropout masks

    def end(self, trainer, module):
        sums.extend(collectives.all_gather_objects([weight.double().sum().item() for weight in module.parameters()]))

    monkeypatch.setattr(ChildTuning, "on_train_start", begin)
    monkeypatch.setattr(ChildTuning, "on_train_end", end)
    run_of(tmp_path, ["regularization=[standard,child_tuning]"], 2)
    assert len(sums) == 2 and sums[0] == sums[1]
