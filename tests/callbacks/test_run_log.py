"""A run that is stopped early, in a terminal of 60 columns: what it says on the screen, in train.log and in its files.

The scores that it should tell are those of metrics.csv and metrics.json, the labels those of its predictions, its parameters
those that safetensors reads in model/; with a learning rate of almost nothing, the score of the first epoch stays the best.
"""

import csv
import json
import os
import re
import sys
from collections import Counter

import pytest
from safetensors import safe_open

from tests.conftest import TINY, checked
from tests.sweeps.made import Terminal
from tunesmith import cli
from tunesmith.errors import Interrupted
from tunesmith.runs.folder import RunFolder
from tunesmith.training.module import FineTuningModule

WORDS = [
    *(word for word in TINY if not word.startswith(("trainer.progress_bar", "trainer.max_epochs"))),
    "trainer.max_epochs=6",
    "callbacks=[checkpoint,early_stopping]",
    "callbacks.early_stopping.patience=1",
    "optimizer.lr=1e-9",
    "regularization=[standard,freeze]",
    "regularization.freeze.backbone=true",
]
SENTENCE = "Stopped early, after epoch 2 of 6: validation/accuracy has not improved on {:.3f} for 1 epoch"


def shown(words, monkeypatch):
    """What a command prints on a terminal of 60 columns; its exit status is 0."""
    for name, value in {"TERM": "xterm", "COLUMNS": "60"}.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdout", stream := Terminal())
    assert cli.run(words) == 0
    return stream.getvalue()


@pytest.fixture(scope="module")
def run_and_output(tmp_path_factory):
    words = [*WORDS, f"output_dir={tmp_path_factory.mktemp('runs')}"]
    with pytest.MonkeyPatch.context() as monkeypatch:
        output = shown(["train", *words], monkeypatch)
    return RunFolder.of(checked(words)), output


@pytest.fixture
def run(run_and_output):
    return run_and_output[0]


@pytest.fixture
def output(run_and_output):
    return run_and_output[1]


def epochs(run):
    """The rows of metrics.csv with validation scores."""
    with (run.path / "metrics.csv").open() as stream:
        return [row for row in csv.DictReader(stream) if row["validation/accuracy"]]


def test_the_terminal(run, output):
    best = float(epochs(run)[0]["validation/accuracy"])
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;]*m", "", output))
    assert "\\u00" not in output and "\x1b[1m" in output  # control characters arrive as such
    (first,), (second,) = ([line for line in lines if re.match(rf"epoch {n}/6  accuracy", line)] for n in (1, 2))
    assert first.startswith(f"epoch 1/6  accuracy {best:.3f}  f1 ") and first.endswith("  best")
    assert second.startswith(f"epoch 2/6  accuracy {best:.3f}  f1 ") and "best" not in second
    assert lines.count(SENTENCE.format(best)) == 2  # at the end of training, and below the table
    table = [line for line in lines if line.startswith("│")]
    (accuracy,) = (line for line in table if " accuracy " in line)
    scores = run.read_json("metrics.json")
    assert re.findall(r"\d\.\d+", accuracy) == [
        f"{scores[f'{split}/accuracy']:.3f}" for split in ("validation", "test")
    ]
    assert all(len(line) <= 60 for line in lines if re.match("epoch|scoring|[│┃]", line))


def test_the_files(run):
    expected = {"epoch": 2, "epochs": 6, "monitor": "validation/accuracy", "patience": 1, "min_delta": 0.0}
    expected["best"] = pytest.approx(float(epochs(run)[0]["validation/accuracy"]))
    assert run.read_json("status.json")["stopped_early"] == expected == run.read_json("manifest.json")["stopped_early"]
    assert len(epochs(run)) == 2 and run.read_json("manifest.json")["steps"] == run.read_json("status.json")["step"]


def test_train_log_has_the_story(run):
    log = (run.path / "train.log").read_text()
    for line in log.splitlines():
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (INFO|WARNING) (tunesmith|py\.warnings): \S|    ", line), line
    assert not re.search("lightning|litlogger|Tip:|GPU available|deprecated|LOAD REPORT", log, re.IGNORECASE)
    best = float(epochs(run)[0]["validation/accuracy"])
    for split in ("validation", "test"):
        predictions = [json.loads(line) for line in (run.path / f"predictions/{split}.jsonl").read_text().splitlines()]
        counts = Counter(line["label"] for line in predictions)
        assert f"{split} labels: negative {counts['negative']}, positive {counts['positive']}\n" in log
        assert re.search(rf": {split} +{len(predictions)} examples", log)
    head = 0
    with safe_open(run.path / "model/head.safetensors", "pt") as head_weights:
        head = sum(head_weights.get_tensor(name).numel() for name in head_weights.keys())  # noqa: SIM118
    total = run.read_json("manifest.json")["model"]["parameters"]
    (trained,) = re.findall(rf"parameters: {total:,}, of which ([\d,]+) are trained\n", log)
    assert int(trained.replace(",", "")) == head  # regularization=freeze: only the head is trained
    assert re.search(r"group head\.\S+: [\d,]+, learning rate 1e-9, weight decay 0\.01\n", log)
    assert re.search(r"group backbone\.\S+: [\d,]+, not trained\n", log)
    assert re.search(r"an epoch: \d+ batches, [\d,]+ tokens; \d+\.\d\d % of what a batch holds is padding\n", log)
    for number, row in enumerate(epochs(run), 1):
        found = re.search(
            rf"epoch {number}/6, step {row['step']}; training loss \d\.\d{{4}}; validation (.*); \d.*\n", log
        )
        assert f"accuracy {float(row['validation/accuracy']):.3f}" in found[1]
        assert ("the best so far" in found[1]) == (number == 1) and (f"best accuracy {best:.3f}" in found[1]) == (
            number == 2
        )
    assert f"INFO tunesmith: {SENTENCE.format(best)}\n" in log
    assert f"model saved in {run.model}; its weights are the best, best-{int(epochs(run)[0]['step']):08}.ckpt\n" in log
    assert re.search(r"test: accuracy [\d.]+, f1 [\d.]+, .*\n", log)
    assert re.search(r" trained for [\d.]+ s\n", log)
    assert re.search(r"completed in [\d.]+ s; peak memory \d\.\d\d GiB", log)


def test_the_same_command_repeats_it(run, monkeypatch):
    output = shown(["train", *WORDS, f"output_dir={run.path.parents[1]}"], monkeypatch)
    assert SENTENCE.format(float(epochs(run)[0]["validation/accuracy"])) in output and "Already completed" in output


def test_an_interrupted_run_is_stopped_at_the_same_epoch(run, tmp_path, monkeypatch, capsys):
    """The state that a validation saves counts that validation."""
    began = FineTuningModule.on_train_epoch_start

    def interrupted(self):
        if self.current_epoch == 1:
            raise Interrupted("Ctrl-C")
        began(self)

    words = ["train", *WORDS, f"output_dir={tmp_path}"]
    with monkeypatch.context() as patched:
        patched.setattr(FineTuningModule, "on_train_epoch_start", interrupted)
        assert cli.run(words) == 1
    assert capsys.readouterr().err == "tunesmith: interrupted by Ctrl-C\n"
    assert cli.run(words) == 0
    output = capsys.readouterr().out
    (again,) = (RunFolder(folder) for folder in tmp_path.glob("*/*") if os.path.isdir(folder / "model"))  # noqa: PTH112
    assert [row["step"] for row in epochs(again)] == [row["step"] for row in epochs(run)]
    assert again.read_json("status.json")["stopped_early"] == run.read_json("status.json")["stopped_early"]
    assert "\r" not in output and "\x1b" not in output  # it is no terminal
    assert (
        output.count("\nepoch 2/6  validation  accuracy ") == 1 and "\nepoch 1/6" not in output.partition("Resuming")[2]
    )
    log = (again.path / "train.log").read_text()
    assert "WARNING tunesmith: interrupted by Ctrl-C\n" in log and "Traceback" not in log
    assert f"Resuming from step {epochs(run)[0]['step']}\n" in log
