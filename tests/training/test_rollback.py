"""A loss that is not finite: the run goes back to its last checkpoint and leaves out the optimizer step that failed.

The reference is a run with finite losses whose optimizer is called in all steps except those.
"""

import csv
import math
import signal
from itertools import count

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import checked
from tunesmith.errors import Interrupted
from tunesmith.heads.classification import Classification
from tunesmith.runs.folder import RunFolder
from tunesmith.training.module import FineTuningModule
from tunesmith.training.train import train

WORDS = [
    *(
        "dataset.size=64",
        "dataset.batch_size=8",
        "trainer.max_epochs=2",
        "trainer.progress_bar=false",
    ),  # 8 steps an epoch
    *("backbone.width=16", "backbone.layers=1", "backbone.heads=2", "trainer.accelerator=cpu"),
    *(f"regularization.standard.{kind}_dropout=0" for kind in ("hidden", "attention", "classifier")),
    "trainer.on_nonfinite=rollback",
]
ROW = 5  # of the training split; its batch has a loss that is not finite


def weights(run):
    return load_file(run.path / "model/model.safetensors")


def same(one, other):
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def history(run):
    return (run.path / "metrics.csv").read_text()


def steps_of(run):
    return [record["step"] for record in run.read_json("manifest.json")["rollbacks"]]


def bad_loss(monkeypatch, value=math.nan, *, epochs=(0, 1)):
    """The loss, or with `gradient` only its gradient, is not finite for a batch that holds the row."""
    loss, seen = Classification.loss, FineTuningModule.training_step

    def training_step(self, batch, batch_idx):
        self.head.rows = batch.rows.tolist() if self.current_epoch in epochs else []
        return seen(self, batch, batch_idx)

    def patched(self, scores, batch):
        found = loss(self, scores, batch)
        if not (torch.is_grad_enabled() and ROW in self.rows):
            return found
        if value == "gradient":
            found.register_hook(lambda gradient: gradient * math.inf)
            return found
        return found * value

    monkeypatch.setattr(FineTuningModule, "training_step", training_step)
    monkeypatch.setattr(Classification, "loss", patched)


def without(monkeypatch, left_out):
    """The optimizer is not called in some steps."""
    number, step = count(1), torch.optim.AdamW.step

    def patched(self, closure=None):
        if next(number) in left_out:
            return closure()
        return step(self, closure)

    monkeypatch.setattr(torch.optim.AdamW, "step", patched)


def run_of(folder, *words):
    return train(checked([*WORDS, *words, f"output_dir={folder}"]))


CASES = {
    "nan": (math.nan, []),
    "gradient": ("gradient", ["trainer.log_every_n_steps=3"]),
    "infinite": (
        math.inf,
        [
            *("trainer.accumulate_grad_batches=3", "callbacks.checkpoint.every_n_steps=1"),
            *("trainer.precision=bf16-mixed", "trainer.log_every_n_steps=1"),
        ],
    ),
    "no checkpoint": (math.nan, ["callbacks=[]"]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_weights_are_those_without_the_failed_steps(case, tmp_path, monkeypatch, capsys):
    value, words = CASES[case]
    with monkeypatch.context() as patch:
        bad_loss(patch, value)
        run = run_of(tmp_path / "rollback", *words)
    output = capsys.readouterr().out
    left_out = steps_of(run)
    assert len(left_out) == 2 == output.count("Rollback ") and output.count(" parameters  ") == 1
    assert f"so step {left_out[0]} is left out; resuming from step" in output
    assert run.status()["rollbacks"] == run.read_json("manifest.json")["rollbacks"]
    with monkeypatch.context() as patch:
        without(patch, left_out)
        reference = run_of(tmp_path / "reference", *words)
    assert same(run, reference)
    rows = list(csv.DictReader(history(run).splitlines()))
    assert [row["step"] for row in rows] == [row["step"] for row in csv.DictReader(history(reference).splitlines())]
    for row in rows:
        if row["train/learning_rate"]:
            assert float(row["train/skipped_steps"] or 0) == sum(step <= int(row["step"]) for step in left_out)


DROPOUT = ["regularization.standard.hidden_dropout=0.1", "callbacks.checkpoint.every_n_steps=3"]


@pytest.mark.parametrize("calls", [(1,), (4, 12), (15,)])
def test_an_interrupted_run_ends_as_one_that_was_not(calls, tmp_path, monkeypatch):
    bad_loss(monkeypatch)
    uninterrupted = run_of(tmp_path / "uninterrupted", *DROPOUT)
    assert len(steps_of(uninterrupted)) == 2
    config = checked([*WORDS, *DROPOUT, f"output_dir={tmp_path / 'cut'}"])
    number = count()

    def cut(self, batch, batch_idx):
        if next(number) in calls:  # of all batches, in all attempts
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(FineTuningModule, "on_train_batch_start", cut, raising=False)
    for _ in calls:
        with pytest.raises(Interrupted):
            train(config)
    run = train(config)
    assert same(run, uninterrupted) and history(run) == history(uninterrupted)
    assert run.scores() == uninterrupted.scores() and steps_of(run) == steps_of(uninterrupted)


def test_the_number_of_rollbacks_is_bounded(tmp_path, monkeypatch):
    bad_loss(monkeypatch)
    config = checked([*WORDS, "trainer.max_rollbacks=1", f"output_dir={tmp_path}"])
    for _ in range(2):  # the same command fails again, at once
        with pytest.raises(
            FloatingPointError, match=r"the training loss is nan at step \d+, also without step \d+; lower"
        ):
            train(config)
    run = RunFolder.of(config)
    assert run.status()["state"] == "failed" and len(run.status()["rollbacks"]) == 1


def test_weights_that_are_not_finite_are_never_saved(tmp_path, monkeypatch):
    """The last batch of the epoch has an infinite gradient: its loss was finite, and accuracy would be a number."""
    config = checked([*WORDS, "trainer.on_nonfinite=stop", "trainer.max_epochs=1", f"output_dir={tmp_path}"])

    def explode(self, outputs, batch, batch_idx):
        if self.trainer.is_last_batch:
            next(iter(self.parameters())).data[0] = math.nan

    monkeypatch.setattr(FineTuningModule, "on_train_batch_end", explode)
    with pytest.raises(FloatingPointError, match=r"a weight is nan at step \d+; lower optimizer\.lr"):
        train(config)
    assert not list(RunFolder.of(config).path.glob("checkpoints/*"))
