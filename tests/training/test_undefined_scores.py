"""Scores that are not a number: said, null in every JSON file, and never the best."""

import json
import math

import pytest

from tests.conftest import checked
from tunesmith import cli
from tunesmith.tasks.text_classification import TextClassification
from tunesmith.training.train import train

TINY = [
    "dataset.size=32",
    "trainer.progress_bar=false",
    "trainer.accelerator=cpu",
    "backbone.width=16",
    "backbone.layers=1",
    "backbone.heads=2",
    "trainer.max_epochs=3",
]


def strict(file):
    """A JSON file, read by the standard's rules."""

    def refuse(constant):
        raise AssertionError(f"{file} holds {constant}")

    return json.loads(file.read_text(encoding="utf-8"), parse_constant=refuse)


@pytest.fixture
def accuracies(monkeypatch):
    """The accuracy after each validation, then of the final scoring."""
    values = []
    scored = TextClassification.score

    def score(self, split, predictions):
        scores = scored(self, split, predictions)
        return scores | {"accuracy": values.pop(0)} if values else scores

    monkeypatch.setattr(TextClassification, "score", score)
    return values


@pytest.mark.parametrize("first", [math.nan, math.inf])
def test_the_best_epoch_comes_after_one_without_a_score(first, accuracies, tmp_path, capsys):
    accuracies += [first, 0.5, 0.25]
    run = train(checked([*TINY, "callbacks=[checkpoint,early_stopping]", f"output_dir={tmp_path}"]))
    steps = run.read_json("status.json")["steps"]
    assert [file.name for file in run.path.glob("checkpoints/best-*.ckpt")] == [f"best-{steps // 3 * 2:08}.ckpt"]
    assert run.read_json("manifest.json")["steps"] == steps  # early stopping had patience
    assert f"validation/accuracy is {first} in epoch 1" in capsys.readouterr().out


def test_no_epoch_has_a_score(accuracies, tmp_path, capsys):
    accuracies += [math.nan] * 4
    run = train(checked([*TINY, f"output_dir={tmp_path}"]))
    output = capsys.readouterr().out
    assert "validation/accuracy was never a number, so no epoch is the best: the last weights are kept" in output
    assert "Warning: not a number: validation/accuracy (null in metrics.json)" in output
    assert not list(run.path.glob("checkpoints/best-*"))
    assert strict(run.path / "metrics.json")["validation/accuracy"] is None
    assert strict(run.path / "status.json")["scores"] == {"validation/accuracy": None}
    assert math.isnan(run.scores()["validation/accuracy"]) and run.scores()["test/accuracy"] <= 1
    assert cli.run(["report", str(run.path)]) == 0
    assert "nan" in capsys.readouterr().out
    accuracies += [math.nan] * 4
    assert cli.run(["reproduce", f"run={run.path}"]) == 0
    assert "all scores are identical" in capsys.readouterr().out


def test_a_stopped_run_remembers_that_no_epoch_had_a_score(accuracies, tmp_path):
    from tunesmith.callbacks.checkpoint import Checkpoint

    accuracies += [math.nan] * 4
    run = train(checked([*TINY, f"output_dir={tmp_path}"]))
    resumed = Checkpoint(run.path, "validation/accuracy", "max", save_last=True, save_model=True, every_n_steps=None)
    (state,) = (part for part in resumed.resumed["callbacks"].values() if "undefined" in part)
    resumed.load_state_dict(state)
    assert resumed.undefined and resumed.best is None
    resumed.load_state_dict({"best_score": math.nan, "best": "best-00000001.ckpt"})  # of version 0.1.0
    assert resumed.undefined and resumed._best_score is None


def test_one_class_in_the_validation_split(tmp_path, capsys):
    for name, labels in (("train", "ab" * 10), ("one", "a" * 4)):
        rows = [f"word{number % 5} {label},{label}" for number, label in enumerate(labels)]
        (tmp_path / f"{name}.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    words = ["dataset=csv", f"dataset.train={tmp_path}/train.csv", f"dataset.validation={tmp_path}/one.csv"]
    run = train(checked([*TINY[1:], *words, "dataset.metrics=[roc_auc]", f"output_dir={tmp_path}/runs"]))
    assert "Warning: not a number: validation/roc_auc" in capsys.readouterr().out
    metrics = strict(run.path / "metrics.json")
    assert metrics["validation/roc_auc"] is None and metrics["validation/matthews"] == 0
