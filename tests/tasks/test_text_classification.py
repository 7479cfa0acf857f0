"""Runs on labels of several kinds: what is printed and recorded, and scores equal to scikit-learn's."""

import csv
import json

import pytest
from sklearn.metrics import f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from tests.conftest import TINY
from tunesmith import cli
from tunesmith.tasks.text_classification import TextClassification

SETTINGS = [*TINY[1:], "backbone=random_bert", "backbone.layers=1", "trainer.max_steps=3", "dataset.test=test.csv"]


def write(file, rows):
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["text", "label"], *rows])


def train(folder, monkeypatch, *settings):
    monkeypatch.chdir(folder)
    files = ["dataset=csv", "dataset.train=train.csv", "dataset.validation=train.csv"]
    assert cli.run(["train", *files, *SETTINGS, *settings]) == 0
    (run,) = folder.glob("runs/*/*")
    return run


def test_the_label_of_f1_is_named_and_labels_are_counted(tmp_path, monkeypatch, capsys):
    write(tmp_path / "train.csv", [(f"text {number}", ("no", "yes", "no")[number % 3]) for number in range(30)])
    write(tmp_path / "test.csv", [("new 1", "no"), ("new 2", "no")])
    run = train(tmp_path, monkeypatch)
    printed = capsys.readouterr().out
    assert "train labels: no 20, yes 10" in printed
    assert "Warning: all 2 examples of test have the label no, so its scores say nothing of other labels" in printed
    assert printed.count("precision, recall and f1 are those of the label yes") == 1
    data = json.loads((run / "manifest.json").read_text())["data"]
    assert data["labels"]["train"] == {"no": 20, "yes": 10}
    one_label, known_texts = data["warnings"]
    assert "have the label no" in one_label and "30 of 30 examples of validation" in known_texts
    assert cli.run(["evaluate", f"run={run}"]) == 0
    assert "precision, recall and f1 are those of the label yes" in capsys.readouterr().out


def test_several_labels_as_lists_in_cells(tmp_path, monkeypatch):
    rows = [["a", "b"], [], ["c"], ["b", "c", "a"], ["b"]] * 6
    write(tmp_path / "train.csv", [(f"text {number}", row) for number, row in enumerate(rows)])
    written = ["['a']", '["c", "b"]', "", "b|c", "[]"]
    write(tmp_path / "test.csv", [(f"text {number}", cell) for number, cell in enumerate(written)])
    run = train(tmp_path, monkeypatch, "dataset.problem=multi_label")
    lines = [json.loads(line) for line in (run / "predictions/test.jsonl").read_text().splitlines()]
    assert [line["label"] for line in lines] == [["a"], ["b", "c"], [], ["b", "c"], []]
    binarizer = MultiLabelBinarizer(classes=["a", "b", "c"]).fit(rows)
    true, predicted = (binarizer.transform([line[key] for line in lines]) for key in ("label", "prediction"))
    assert json.loads((run / "metrics.json").read_text())["test/f1"] == pytest.approx(
        f1_score(true, predicted, average="macro", zero_division=0)
    )


@pytest.mark.parametrize(
    ("problem", "labels", "average", "named"),
    [
        ("single_label", ["a", "b"], None, "b"),
        ("single_label", ["b", "a"], "binary", "a"),
        ("single_label", ["a", "b"], "macro", None),
        ("single_label", ["a", "b", "c"], None, None),
        ("multi_label", ["a", "b"], None, None),
        ("regression", None, None, None),
    ],
)
def test_only_binary_scores_belong_to_a_label(problem, labels, average, named):
    options = {"text": "text", "text_pair": None, "label": "label", "metrics": ["loss"], "max_length": 8}
    note = TextClassification(problem=problem, labels=labels, average=average, **options).scores_note()
    assert note == (named and f"precision, recall and f1 are those of the label {named}")
