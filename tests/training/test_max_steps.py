"""A run that `trainer.max_steps` ends within an epoch: its last steps are validated, and may be the best."""

import csv
import signal

import pytest

from tests.conftest import TINY, checked
from tests.training.test_resume import assert_same, cut
from tunesmith.errors import Interrupted
from tunesmith.training.train import train


def validations(run):
    with (run.path / "metrics.csv").open() as stream:
        return [row for row in csv.DictReader(stream) if row["validation/loss"]]


WORDS = [*TINY, "dataset.size=48", "dataset.batch_size=8", "optimizer.lr=3e-3", "scheduler=constant"]


@pytest.mark.parametrize(
    "more,steps",
    [(["trainer.max_steps=11"], [6, 11]), (["trainer.max_steps=12"], [6, 12]), (["trainer.max_steps=4"], [4])],
)
def test_the_last_steps_are_validated(more, steps, tmp_path):
    run = train(checked([*WORDS, "trainer.max_epochs=3", *more, f"output_dir={tmp_path}"]))
    assert [int(row["step"]) for row in validations(run)] == steps
    assert run.read_json("manifest.json")["steps"] == steps[-1]


def test_weights_averaged_in_the_last_steps_are_validated(tmp_path):
    words = [*WORDS, "trainer.max_epochs=3", "trainer.max_steps=11", f"output_dir={tmp_path}"]
    plain, averaged = (validations(train(checked([*words, *more]))) for more in ([], ["regularization=[standard,swa]"]))
    assert plain[0] == averaged[0] and plain[1]["validation/loss"] != averaged[1]["validation/loss"]


@pytest.mark.parametrize("hook,steps", [("on_train_batch_end", 12), ("on_validation_start", 11)])
def test_a_run_that_is_cut_before_its_last_validation_resumes_for_it(steps, hook, tmp_path, monkeypatch):
    words = [*WORDS, "trainer.max_epochs=3", f"trainer.max_steps={steps}"]
    uninterrupted = train(checked([*words, f"output_dir={tmp_path / 'uninterrupted'}"]))
    config = checked([*words, f"output_dir={tmp_path / 'cut'}"])
    cut(
        monkeypatch,
        hook,
        {"on_train_batch_end": steps - 1, "on_validation_start": 1}[hook],
        lambda: signal.raise_signal(signal.SIGTERM),
    )
    with pytest.raises(Interrupted):
        train(config)
    monkeypatch.undo()
    assert_same(uninterrupted, train(config))
