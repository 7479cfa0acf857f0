"""docs/run_folder.md names every file and key that real runs of each task have."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import TINY, checked
from tests.docs.written import DOCS
from tunesmith.training.train import train

TEXT = (DOCS / "run_folder.md").read_text(encoding="utf-8")
TASKS = {
    "text classification": [],
    "token classification": ["dataset=demo_entities", "head=token_classification"],
    "question answering": ["dataset=demo_questions", "head=span", "dataset.stride=16"],
    "language modelling": ["dataset=demo_corpus", "head=masked_lm", "dataset.packing=none"],
    "embeddings": ["dataset=demo_sentences", "head=contrastive"],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, tiny_run):
    folder = tmp_path_factory.mktemp("runs")
    small = [*TINY, "dataset.size=40", "dataset.max_length=64", f"output_dir={folder}"]
    return {task: train(checked([*small, *words])).path if words else tiny_run.path for task, words in TASKS.items()}


def section(heading):
    return re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", TEXT, flags=re.DOTALL | re.MULTILINE)[1]


def documented(heading, column=0):
    """The code spans in a column of a section's tables; words in capitals stand for any name."""
    rows = [line.split("|")[1:-1] for line in section(heading).splitlines() if line.startswith("|")]
    spans = [span for row in rows for span in re.findall(r"`([^`]+)`", row[column])]
    return [re.sub(r"[A-Z]{2,}", ".+", re.escape(span)) for span in spans]


def undocumented(names, patterns):
    return [name for name in names if not any(re.fullmatch(pattern, name) for pattern in patterns)]


def flat(node, path=""):
    """The keys of nested objects, joined by dots; an empty object counts as its own key."""
    for key, value in node.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}"


def read(file: Path):
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("task", TASKS)
def test_the_keys_of_a_run(runs, task):
    for name in ("manifest.json", "status.json", "metrics.json"):
        keys = list(flat(read(runs[task] / name)))
        assert keys and undocumented(keys, documented(name)) == [], name
    columns = (runs[task] / "metrics.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert columns[:2] == ["step", "epoch"]
    assert undocumented(columns[2:], documented("metrics.csv")) == []


def test_the_files_of_a_run(runs):
    for run in runs.values():
        files = [file.relative_to(run).as_posix() for file in run.rglob("*") if file.is_file()]
        known = [pattern + (".*" if pattern.endswith("/") else "") for pattern in documented("Files")]
        known += documented("Predictions") + [r"predictions/.+\.json"]
        assert undocumented(files, known) == []


def test_every_documented_key_exists(runs):
    """But for those of interrupted runs, repositories, plugins and the hub, which these runs are not."""
    keys = {key for run in runs.values() for key in flat(read(run / "manifest.json"))}
    absent = [pattern for pattern in documented("manifest.json") if not any(re.fullmatch(pattern, key) for key in keys)]
    rare = r"git.*|working_folder\\\.git.*|plugins.*|model\\\.commit|rollbacks|data\\\.labels|trainer.*|step|found|error|commit|changed"
    assert [pattern for pattern in absent if not re.fullmatch(rare, pattern)] == []


@pytest.mark.parametrize("task", TASKS)
def test_the_lines_of_predictions(runs, task):
    """Each key is in the table of its task, or is a column of the input."""
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in section("Predictions").splitlines()
        if line.startswith("|")
    ]
    names, current = {"id"}, ""
    for first, keys, _ in rows:
        current = first or current
        if current == task:
            names.update(re.findall(r"`(\w+)`", keys))
    columns = {
        "text classification": {"text"},
        "question answering": {"question", "context"},
        "embeddings": {"text", "first", "second"},
    }
    for file in (runs[task] / "predictions").glob("*.jsonl"):
        line = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
        assert set(line) - columns.get(task, set()) <= names, file
        assert len(names & set(line)) > 1
