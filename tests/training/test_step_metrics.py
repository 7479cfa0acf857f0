"""What training logs, against plain sums over the data, the gradients and the weights."""

import csv

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from tests.conftest import TINY, checked
from tunesmith.data.batch import Batch
from tunesmith.training.step_metrics import StepMetrics
from tunesmith.training.train import train

CPU = torch.device("cpu")
WORDS = [*TINY, "dataset.batch_size=16", "trainer.log_every_n_steps=1", "regularization=[standard,l2sp,rdrop,rates]"]
WORDS += ["regularization.rates.head=10", "optimizer.lr=3e-4", "scheduler=constant", "scheduler.warmup_ratio=0"]
WORDS += ["regularization.standard.gradient_clip=0.05", "callbacks=[checkpoint,weight_norm]"]


class Watch(pl.Callback):
    """The norm of each gradient, in double precision; called before the regularizers."""

    def __init__(self):
        self.norms, self.weights = [], []

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        gradients = [p.grad.double().numpy().ravel() for p in pl_module.parameters() if p.grad is not None]
        self.norms.append(float(np.sqrt((np.concatenate(gradients) ** 2).sum())))

    def on_train_batch_end(self, trainer, pl_module, *arguments):
        weights = [p.detach().double().numpy().ravel() for p in pl_module.parameters() if p.requires_grad]
        self.weights.append(float(np.sqrt((np.concatenate(weights) ** 2).sum())))


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """The rows of a run with two penalties, what was watched meanwhile, and the run."""
    watch = Watch()
    run = train(checked([*WORDS, f"output_dir={tmp_path_factory.mktemp('runs')}"]), callbacks=[watch])
    rows = [row for row in csv.DictReader((run.path / "metrics.csv").open()) if row["train/loss"]]
    return [{name: float(value) for name, value in row.items() if value} for row in rows], watch, run


def test_the_loss_is_the_sum_of_its_terms(logged):
    rows, _, _ = logged
    for row in rows:
        parts = [row["train/loss_head"], row["train/penalty_l2sp"], row["train/penalty_rdrop"]]
        assert row["train/loss"] == pytest.approx(sum(parts), rel=1e-6)
        assert row["train/loss_head"] > 0.1 and row["train/penalty_rdrop"] > 0.1


def test_the_gradient_norm_is_that_before_clipping(logged):
    rows, watch, run = logged
    assert [row["train/gradient_norm"] for row in rows] == pytest.approx(watch.norms, rel=1e-5)
    clip = run.config()["regularization"]["standard"]["gradient_clip"]
    assert max(watch.norms) > clip, "the test would not notice a norm after clipping"


def test_the_weight_norm_is_that_after_the_step(logged):
    rows, watch, _ = logged
    assert [row["train/weight_norm"] for row in rows] == pytest.approx(watch.weights, rel=1e-6)
    assert len(set(watch.weights)) == len(rows), "the test would not notice a norm before the step"


def test_the_learning_rate_is_that_of_the_optimizer_though_the_head_has_a_larger_one(logged):
    rows, _, _ = logged
    assert {row["train/learning_rate"] for row in rows} == {3e-4}
    (name,) = {name for name in rows[0] if name.startswith("train/learning_rate/head")}
    assert [row[name] for row in rows] == pytest.approx([3e-3] * len(rows))


def test_examples_and_tokens_are_those_of_the_data(logged):
    rows, _, run = logged
    from transformers import AutoTokenizer

    from tunesmith.configuration.targets import build_part

    config = run.config()["dataset"]
    tokenizer = AutoTokenizer.from_pretrained(run.model)
    texts = [record["text"] for _, record in build_part(config, "source").rows("train")]
    tokens = sum(map(len, tokenizer(texts, truncation=True, max_length=config["max_length"])["input_ids"]))
    assert rows[-1]["train/examples"] == len(texts) and rows[-1]["train/tokens"] == tokens


def test_values_of_the_machine_are_not_in_the_history_of_a_run(logged):
    assert not any(name.startswith("machine/") for name in logged[0][0])


def batch(*lengths):
    longest = max(lengths)
    mask = torch.tensor([[1] * length + [0] * (longest - length) for length in lengths])
    padded = {"attention_mask": mask} if min(lengths) < longest else {}
    return Batch({"input_ids": torch.ones_like(mask), **padded}, {}, np.arange(len(lengths)))


def test_means_counts_and_padding(monkeypatch):
    clock = iter([10.0, 12.0, 20.0, 21.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    metrics = StepMetrics(["loss_head", "penalty_x"])
    metrics.peak_share = 0.01
    for loss, lengths in ((1.0, (3, 1)), (3.0, (2, 2, 2))):
        metrics.count(batch(*lengths))
        metrics.add(torch.tensor(loss), {"loss_head": torch.tensor(loss - 0.5), "penalty_x": torch.tensor(0.5)}, None)
    found = metrics.read(CPU)
    assert (found["train/loss"], found["train/loss_head"], found["train/penalty_x"]) == (2.0, 1.5, 0.5)
    assert (found["train/examples"], found["train/tokens"]) == (5, 10)
    assert found["machine/padding"] == pytest.approx(2 / 12)
    assert (found["machine/seconds"], found["machine/examples_per_second"]) == (2.0, 2.5)
    assert found["machine/peak_share"] == pytest.approx(0.05)
    assert found["machine/tokens_per_second"] == 5.0 and found["machine/memory_gib"] > 0
    metrics.count(batch(4))
    metrics.add(torch.tensor(7.0), {"loss_head": torch.tensor(7.0), "penalty_x": torch.tensor(0.0)}, None)
    metrics.note_norm("gradient_norm", torch.tensor(5.0))
    found = metrics.read(CPU)
    assert (found["train/loss"], found["train/gradient_norm"]) == (7.0, 5.0)
    assert (found["train/examples"], found["train/tokens"], found["machine/padding"]) == (6, 14, 0)
    assert found["machine/seconds"] == 3.0  # the eight seconds between are of validation


def test_a_batch_whose_step_was_not_taken_is_not_counted():
    metrics = StepMetrics([])
    metrics.count(batch(3))
    again = StepMetrics([])
    again.restore(metrics.state(), CPU)
    again.count(batch(3))
    again.add(torch.tensor(1.0), {}, None)
    assert again.read(CPU)["train/tokens"] == 3


def test_a_penalty_that_is_missing_in_a_step_counts_as_zero():
    metrics = StepMetrics(["loss_head", "penalty_x"])
    metrics.add(torch.tensor(3.0), {"loss_head": torch.tensor(1.0), "penalty_x": torch.tensor(2.0)}, None)
    metrics.add(torch.tensor(1.0), {"loss_head": torch.tensor(1.0)}, None)
    found = metrics.read(CPU)
    assert (found["train/loss"], found["train/loss_head"], found["train/penalty_x"]) == (2.0, 1.0, 1.0)


def test_steps_that_are_skipped_have_no_loss():
    found = StepMetrics([]).read(CPU)
    assert "train/loss" not in found and found["train/tokens"] == 0 and "machine/padding" not in found


def test_a_dummy_batch_counts_nothing():
    metrics = StepMetrics([])
    empty = batch(4)
    empty.rows = np.arange(0)
    metrics.count(empty)
    metrics.add(torch.tensor(0.0), {}, None)
    assert metrics.read(CPU)["train/tokens"] == 0


def test_accumulating_reads_nothing_from_the_device():
    metrics, device = StepMetrics(["loss_head", "penalty_x"]), torch.device("meta")  # whose tensors have no values
    one = torch.ones((), device=device)
    metrics.add(one, {"loss_head": one, "penalty_x": one}, one)
    metrics.add(one, {"loss_head": one, "penalty_x": one}, None)
    metrics.note_norm("gradient_norm", one)
    with pytest.raises((NotImplementedError, RuntimeError)):
        metrics.read(device)


def test_a_state_gives_the_same_values():
    first, second = StepMetrics(["loss_head", "penalty_x"]), StepMetrics(["loss_head", "penalty_x"])
    first.count(batch(3, 1))
    first.add(torch.tensor(1.0), {"loss_head": torch.tensor(0.75), "penalty_x": torch.tensor(0.25)}, None)
    second.restore(first.state(), CPU)
    for metrics in (first, second):
        metrics.count(batch(2))
        metrics.add(torch.tensor(2.0), {"loss_head": torch.tensor(1.0), "penalty_x": torch.tensor(1.0)}, None)
    found = [{key: value for key, value in m.read(CPU).items() if key.startswith("train/")} for m in (first, second)]
    assert found[0] == found[1] and found[0]["train/tokens"] == 6


def test_a_state_of_an_earlier_version_has_the_loss_only():
    metrics = StepMetrics(["loss_head", "penalty_x"])
    metrics.restore({"loss_sum": torch.tensor(3.0), "losses": 1, "logged_step": 4}, CPU)
    metrics.add(torch.tensor(5.0), {"loss_head": torch.tensor(4.0), "penalty_x": torch.tensor(1.0)}, None)
    found = metrics.read(CPU)
    assert found["train/loss"] == 4.0 and "train/loss_head" not in found
    metrics.add(torch.tensor(5.0), {"loss_head": torch.tensor(4.0), "penalty_x": torch.tensor(1.0)}, None)
    assert metrics.read(CPU)["train/loss_head"] == 4.0
