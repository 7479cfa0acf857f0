"""Runs and a cache that version 0.1.0 wrote, before modules moved, are resumed, scored, used and exported by this version.

`version_0_1/` holds what that version left of the command in `WORDS`: `interrupted/` after a SIGTERM at step 10, `completed/`
without one, and `cache/`.
"""

import json
import shutil
from pathlib import Path

import pytest
from transformers import AutoModelForSequenceClassification

from tunesmith import cli

FILES = Path(__file__).parent / "version_0_1"
WORDS = """
    dataset=csv dataset.train=train.csv dataset.validation=validation.csv dataset.test=test.csv
    dataset.batch_size=8 dataset.max_length=16
    backbone.width=16 backbone.layers=1 backbone.heads=2 backbone.vocabulary=100
    regularization=[standard,rdrop,llrd] callbacks=[checkpoint,early_stopping]
    optimizer.lr=0.05
    trainer.max_epochs=6 trainer.progress_bar=false trainer.accelerator=cpu trainer.log_every_n_steps=2
""".split()
RUN = "csv_random_bert/935ea8fc17"
COMPLETED = Path("completed") / RUN  # a resumed run has to end with these scores; in digits that processors share


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the files, to work in."""
    shutil.copytree(FILES, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUNESMITH_CACHE", str(tmp_path / "cache"))
    return tmp_path


def read(file):
    return json.loads(file.read_text(encoding="utf-8"))


def entries(cache):
    return sorted(file.relative_to(cache) for file in cache.rglob("*") if file.is_file() and ".lock" not in file.name)


def predicted(capsys, run):
    assert cli.run(["predict", f"run={run}", "input=test.csv", "output=-"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_interrupted_run_resumes(folder, capsys):
    cached = entries(folder / "cache")
    assert cli.run(["train", *WORDS, "output_dir=interrupted"]) == 0
    assert "Resuming from step 10" in capsys.readouterr().out
    assert [path.name for path in (folder / "interrupted/csv_random_bert").iterdir()] == ["935ea8fc17"]
    tokenizers = [path for path in cached if path.parts[0] == "tokenizers"]  # tokens have another key since then
    assert tokenizers and [path for path in entries(folder / "cache") if path.parts[0] == "tokenizers"] == tokenizers
    run = folder / "interrupted" / RUN
    assert read(run / "status.json")["state"] == "done"
    scores, earlier = read(run / "metrics.json"), read(folder / COMPLETED / "metrics.json")
    assert {name: scores[name] for name in earlier} == pytest.approx(earlier, abs=1e-3)  # there are more scores now
    steps = [int(line.split(",")[0]) for line in (run / "metrics.csv").read_text().splitlines()[1:]]
    assert steps == list(range(2, 37, 2))
    assert predicted(capsys, run) == [
        line | {"probabilities": pytest.approx(line["probabilities"], abs=1e-3)}
        for line in predicted(capsys, COMPLETED)
    ]
    assert cli.run(["evaluate", f"run={run}"]) == 0
    assert cli.run(["export", f"run={run}", "output=exported"]) == 0
    assert AutoModelForSequenceClassification.from_pretrained("exported").config.id2label == {
        0: "negative",
        1: "positive",
    }


def test_a_completed_run_is_not_run_again(folder, capsys):
    before = entries(folder)
    assert cli.run(["train", *WORDS, "output_dir=completed"]) == 0
    assert f"Already completed: {COMPLETED}" in capsys.readouterr().out
    assert [file for file in entries(folder) if file not in before] == []


def test_a_completed_run_scores_and_predicts_as_before(folder, capsys):
    assert cli.run(["evaluate", f"run={COMPLETED}"]) == 0
    printed = capsys.readouterr().out
    for name, value in read(COMPLETED / "metrics.json").items():
        assert f"{value:.3f}" in printed, name
    kept = [json.loads(line) for line in (COMPLETED / "predictions/test.jsonl").read_text().splitlines()]
    for line, earlier in zip(predicted(capsys, COMPLETED), kept, strict=True):
        assert line["prediction"] == earlier["prediction"]
        assert line["probabilities"] == pytest.approx(earlier["probabilities"], abs=1e-4)


def test_a_completed_run_is_exported_and_reported(folder, capsys):
    assert cli.run(["export", f"run={COMPLETED}", "output=exported"]) == 0
    assert AutoModelForSequenceClassification.from_pretrained("exported").num_labels == 2
    assert cli.run(["report", str(COMPLETED)]) == 0
    assert "1.0000" in capsys.readouterr().out
