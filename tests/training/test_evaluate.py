"""Evaluating a completed run again."""

import csv
import json
import shutil
import sys

import pytest
from sklearn import metrics as reference

from tests.conftest import checked
from tunesmith import cli
from tunesmith.errors import UserError
from tunesmith.training.train import train

TINY = "trainer.max_epochs=2 trainer.progress_bar=false trainer.accelerator=cpu backbone.width=16 backbone.layers=1".split()
ROWS = [(f"word{number % 7} {label}", label) for number, label in enumerate("aabac" * 12)]


def write(file, rows, *, columns=("text", "label")):
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([columns, *rows])
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def finished(folder):
    """A run whose training file is gone."""
    files = {split: write(folder / f"{split}.csv", ROWS) for split in ("train", "test")}
    words = [*TINY, "backbone.heads=2", "dataset=csv", *(f"dataset.{split}={file}" for split, file in files.items())]
    settings = ["dataset.metrics=[f1,log_loss]", "dataset.average=weighted", "monitor=validation/log_loss"]
    run = train(checked([*words, *settings, f"output_dir={folder}/runs"]))
    files["train"].unlink()
    return run


def evaluated(capsys, run, *words):
    """The exit status and what was printed."""
    status = cli.run(["evaluate", f"run={run.path}", *map(str, words)])
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def test_other_columns_score_the_same(finished, folder, tmp_path, capsys):
    file = write(folder / "other.csv", ROWS, columns=("review", "stars"))
    words = ["dataset=csv", f"dataset.test={file}", "dataset.text=review", "dataset.label=stars"]
    status, printed = evaluated(capsys, finished, *words, f"output={tmp_path}/out")
    assert status == 0 and "Other data than the run's: test" in printed and "test, by label" in printed
    metrics = json.loads((tmp_path / "out/metrics.json").read_text())
    before = finished.read_json("metrics.json")
    assert metrics["labels"] == {"test": before["labels"]["test"]}
    expected = {name: value for name, value in before.items() if name.startswith("test/")}
    assert {name: value for name, value in metrics.items() if name != "labels"} == expected
    rows = [json.loads(line) for line in (tmp_path / "out/predictions/test.jsonl").read_text().splitlines()]
    assert [(row["review"], row["label"]) for row in rows] == ROWS
    found = reference.f1_score(*([row[key] for row in rows] for key in ("label", "prediction")), average="weighted")
    assert metrics["test/f1"] == pytest.approx(found, abs=1e-6)  # the run's average, not that of the new dataset
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["digests.json", "metrics.json", "predictions"]


def test_the_same_file_is_not_other_data(finished, folder, capsys):
    status, printed = evaluated(capsys, finished, f"dataset.test={folder}/test.csv")
    assert status == 0 and "Other data" not in printed and "validation" not in printed


def test_a_metric_that_has_changed_is_named_and_a_run_is_not_resumed_with_it(folder, tmp_path, monkeypatch, capsys):
    metric = tmp_path / "kappa_of_mine.py"
    text = "from torchmetrics.classification import MulticlassCohenKappa\n\n\nclass Kappa(MulticlassCohenKappa):\n    pass\n"
    metric.write_text(text)
    monkeypatch.setenv("TUNESMITH_PLUGINS", str(metric))
    file = write(folder / "own.csv", ROWS[:30])
    words = [*TINY, "backbone.heads=2", "dataset=csv", f"dataset.train={file}", f"output_dir={tmp_path}/runs"]
    config = checked([*words, "dataset.metrics=[f1,kappa_of_mine.Kappa]"])
    run = train(config)
    assert evaluated(capsys, run)[1].count("Other code") == 0
    metric.write_text(f"{text}\n    def compute(self):\n        return 2 * super().compute()\n")
    status, printed = evaluated(capsys, run)
    assert status == 0 and "Other code than the run's: kappa_of_mine.py has changed since\n" in printed
    with pytest.raises(UserError, match=r"was started with other code: kappa_of_mine\.py"):
        run.recorded.check_plugins(config)
    sys.modules.pop("kappa_of_mine")


def test_only_what_was_given_is_scored(finished, folder, capsys):
    file = write(folder / "new.csv", ROWS[:20])
    for given in (["dataset=csv", f"dataset.train={file}", f"dataset.test={file}"], [f"dataset.test={file}"]):
        status, printed = evaluated(capsys, finished, *given)
        assert status == 0 and "test" in printed and "validation" not in printed
    status, printed = evaluated(capsys, finished, "dataset=csv", f"dataset.train={file}")
    assert status == 2 and "nothing to score; set dataset.test=FILE" in printed


def test_a_setting_of_the_command_line_replaces_the_runs(finished, folder, capsys):
    words = ["dataset=csv", f"dataset.test={folder}/test.csv", "dataset.metrics=[accuracy]"]
    status, printed = evaluated(capsys, finished, *words)
    assert status == 0 and printed.index("│ accuracy ") < printed.index("│ f1 ")  # a run's folder may have f1 in it


def test_an_output_folder_that_is_not_empty(finished, folder, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/file").write_text("")
    status, printed = evaluated(capsys, finished, f"dataset.test={folder}/test.csv", f"output={tmp_path}/out")
    assert status == 2 and "exists and is not empty; choose a new folder" in printed and printed.count("\n") == 1
    status, printed = evaluated(capsys, finished, f"dataset.test={folder}/test.csv", f"output={tmp_path}/out/file/x")
    assert status == 2 and "cannot be written" in printed
    status, printed = evaluated(capsys, finished, "output=")
    assert status == 2 and "output is required" in printed


def test_labels_in_another_order(finished, folder, capsys):
    words = ["dataset=csv", f"dataset.test={folder}/test.csv", "dataset.labels=[c,b,a]"]
    status, printed = evaluated(capsys, finished, *words)
    assert status == 2 and "dataset.labels is c, b, a, but the run's labels are a, b, c, in this order" in printed


def test_another_tasks_data(finished, capsys):
    status, printed = evaluated(capsys, finished, "dataset=demo_entities")
    assert status == 2 and "serves the task text_classification" in printed


def test_a_run_of_an_earlier_version(tiny_run, tmp_path, capsys):
    older = tmp_path / "run"
    shutil.copytree(tiny_run.path, older)
    text = (older / "config.yaml").read_text()
    (older / "config.yaml").write_text(text.replace("    every_n_steps: null\n", ""))
    (older / "digests.json").unlink()
    assert "every_n_steps" in text and "every_n_steps: null" not in (older / "config.yaml").read_text()
    assert cli.run(["evaluate", f"run={older}"]) == 0
    assert cli.run(["evaluate", f"run={older}", "callbacks.checkpoint.save_last=false"]) == 2
    assert "unknown key callbacks.checkpoint" in capsys.readouterr().err
