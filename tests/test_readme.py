"""The README's commands run as written; those of docs/ are in tests/docs/."""

import ast
import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.conftest import TINY, write_csv
from tests.docs import written
from tunesmith import api, cli

README = Path(__file__).parents[1] / "README.md"
SMALL = ["trainer.max_epochs=1", "trainer.progress_bar=false"]


def commands():
    return [f"tunesmith {shlex.join(words)}" for words in written.commands(README)]


@pytest.mark.parametrize("command", commands())
def test_a_command(command, tiny_run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [("a gripping story", "positive"), ("a dull story", "negative")] * 10
    for name in ("train.csv", "test.csv", "new.csv"):
        write_csv(tmp_path / name, rows)
    (tmp_path / "train.csv").write_text((tmp_path / "train.csv").read_text().replace("text,label", "review,stars"))
    (tmp_path / "test.csv").write_text((tmp_path / "test.csv").read_text().replace("text,label", "review,stars"))
    (tmp_path / "train.conll").write_text("Anna B-PER\nleft O\n\nParis B-LOC\nslept O\n\n" * 10)
    qas = [
        {"id": str(n), "question": "Who slept ?", "answers": [{"text": "Anna", "answer_start": 0}]} for n in range(20)
    ]
    squad = {"data": [{"paragraphs": [{"context": "Anna slept .", "qas": qas}]}]}
    (tmp_path / "questions.json").write_text(json.dumps(squad))
    (tmp_path / "new.jsonl").write_text('{"text": "a gripping story"}\n')
    for original, small in {
        "runs/NAME/ID": str(tiny_run.path),
        "runs/sweeps/ID": str(tiny_run.path.parent),
        "backbone=bert": "backbone=random_bert",
        "sweep.trials=30": "sweep.trials=2",
        "seed=1,2,3": "seed=1",
    }.items():
        command = command.replace(original, small)
    words = shlex.split(command)[1:]
    if "hinge" in command:
        monkeypatch.setenv("TUNESMITH_PLUGINS", "./my_plugin")
        for name in [
            name for name in sys.modules if name.partition(".")[0] == "my_plugin"
        ]:  # of another command's folder
            del sys.modules[name]
        words += ["dataset.size=96"] * (words[0] != "new")
        assert words[0] == "new" or cli.run(["new", "head", "hinge"]) == 0
    if words[0] == "train" and "--cfg" not in words:
        words += SMALL if "-m" not in words else TINY
        words += ["trainer.max_epochs=2"] * ("sweep.pruner=median" in words)  # which needs two epochs
        words += ["dataset.max_length=64", "dataset.stride=16"] * (
            "head=span" in words
        )  # the small BERT does not allow 384
    assert cli.run(words) == 0, capsys.readouterr().err


def test_the_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [("a gripping story", "positive"), ("a dull story", "negative")] * 10
    for name in ("train.csv", "test.csv"):
        text = write_csv(tmp_path / name, rows).read_text()
        (tmp_path / name).write_text(text.replace("text,label", "review,stars"))
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    code = code.replace("backbone=bert", "backbone=random_bert")
    for name, small in {"train": SMALL, "sweep": TINY}.items():
        original = getattr(api, name)
        monkeypatch.setattr(api, name, lambda *words, original=original, small=small: original(*words, *small))
    values = {}
    for statement in ast.parse(code).body:  # as the cells of a notebook
        text = ast.unparse(statement)
        if isinstance(statement, ast.Expr):
            values[text.partition("(")[0]] = eval(text, values)
        else:
            exec(text, values)
    assert [row["review"] for row in values["run.predict"]] == ["a gripping story", "a dull one"]
    assert set(values["run.evaluate"]) == {name for name in values["run.evaluate"] if name.startswith("test/")}
    assert values["tunesmith.sweep"]["seeds"].tolist() == [2, 2]
    assert values["tunesmith.report"]["seeds"].sum() == 5


def test_there_are_commands():
    assert len(commands()) >= 10
