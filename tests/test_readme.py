"""The README's commands run as written."""

import ast
import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.conftest import TINY, checked, write_csv
from tunesmith import api, cli
from tunesmith.training.train import train

README = Path(__file__).parents[1] / "README.md"
SMALL = ["trainer.max_epochs=1", "trainer.progress_bar=false"]


def commands():
    blocks = re.findall(r"```bash\n(.*?)```", README.read_text(), flags=re.DOTALL)
    lines = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("tunesmith ")]


@pytest.fixture(scope="module")
def embedding_run(tmp_path_factory):
    return train(
        checked([*TINY, "dataset=demo_sentences", "head=contrastive", f"output_dir={tmp_path_factory.mktemp('runs')}"])
    )


@pytest.mark.parametrize("command", commands())
def test_a_command(command, tiny_run, embedding_run, tmp_path, monkeypatch, capsys):
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
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus/a.txt").write_text("a gripping story that nobody saw twice\n" * 60)
    sentences = [f"{name} painted the {thing}" for name in ("Ada", "Ben", "Eve") for thing in ("kite", "gate", "boat")]
    (tmp_path / "sentences.txt").write_text("\n".join(sentences))
    (tmp_path / "texts.txt").write_text("\n".join(sentences))
    pairs = [f"main\tmine\t2020\t{n}\t{n % 6}\t{one}\t{sentences[n - 1]}" for n, one in enumerate(sentences)]
    (tmp_path / "sts-dev.csv").write_text("\n".join(pairs) + "\n")
    (tmp_path / "new.jsonl").write_text('{"text": "a gripping story"}\n')
    if "embeddings" in command:
        command = command.replace("runs/NAME/ID", str(embedding_run.path))
    if "demo/" in command:  # minutes long
        command = command.replace(" train ", " check ")
    for original, small in {
        "runs/NAME/ID": str(tiny_run.path),
        "runs/sweeps/ID": str(tiny_run.path.parent),
        "backbone=bert": "backbone=random_bert",
        "backbone=roberta": "backbone=random_roberta",
        "backbone=gpt2": "backbone=random_gpt2",
        "sweep.trials=30": "sweep.trials=2",
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
