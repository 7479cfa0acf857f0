"""The tutorial's commands in their order, in one folder, each with smaller data and models."""

import io
import re
import shlex
import sys
from pathlib import Path

from tests.docs.written import DOCS, blocks
from tunesmith import cli

PAGE = DOCS / "tutorial.md"
SMALL = ["trainer.max_epochs=1", "trainer.progress_bar=false"]
FEWER = {"reviews[:2000]": "reviews[:60]", "[2000:2500]": "[60:80]", "[2500:2510]": "[80:84]", "seed=1,2,3": "seed=1,2"}
FAILS = "lr=1e-4"  # the tutorial's slip


def blocks_in_order():
    """(language, text) of each block that a reader types."""
    text = PAGE.read_text(encoding="utf-8")
    return [(name, body) for name, body in re.findall(r"```(\w+)\n(.*?)```", text, flags=re.DOTALL) if name != "text"]


def with_ids(text):
    """The text with the name of the newest run or sweep for each `FOLDER/ID`."""

    def newest(found):
        return str(
            max(Path(found[1]).iterdir(), key=lambda run: (run / "status.json").exists() and run.stat().st_mtime)
        )

    return re.sub(r"([\w/.]+)/ID\b", newest, text)


def typed(line, monkeypatch):
    """Run a line of the shell, if it is a command of tunesmith's."""
    words = shlex.split(with_ids(line), comments=True)
    if not words:  # a comment
        return
    if "tunesmith" not in words:
        assert words[0] in ("make", ".", "ls"), line
        assert words[0] != "ls" or Path(words[1]).is_dir()
        return
    at = words.index("tunesmith")
    if at:  # echo TEXT | tunesmith ...
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{words[1]}\n".encode())))
    words = words[at + 1 :]
    if words[0] in ("train", "check") and "--cfg" not in words:
        words += SMALL
        if words[1:2] != ["--config-dir"] and "dataset=csv" not in words:
            words += ["dataset.size=400", "backbone.width=32"]
    status = cli.run(words)
    assert status == (2 if FAILS in words else 0), line


def test_the_tutorial(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for language, text in blocks_in_order():
        for long, short in FEWER.items():
            text = text.replace(long, short)
        if language == "python":
            exec(compile(text, PAGE.name, "exec"), {})
        elif language == "yaml":
            file = Path(re.search(r"^# (my_conf/\S+\.yaml)", text, flags=re.MULTILINE)[1])
            file.parent.mkdir(parents=True)
            file.write_text(with_ids(text))
        else:
            for line in text.replace("\\\n", " ").splitlines():
                typed(line, monkeypatch)
    printed = capsys.readouterr()
    for message in [text for text in blocks(PAGE, "text") if text.startswith("tunesmith:")][:1]:
        assert message.strip() in printed.err
    assert (tmp_path / "predictions.csv").read_text().count("\n") == 5
    assert list((tmp_path / "runs/sweeps").glob("*/report/report.html"))
    assert (tmp_path / "paper.zip").is_file()
