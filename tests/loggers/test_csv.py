"""metrics.csv of an interrupted and resumed run equals that of an uninterrupted one."""

import csv
from pathlib import Path

import pytest

from tunesmith.loggers.csv import CsvHistory

STEPS = [{"train/loss": 1 / step, "epoch": 0.0} for step in range(1, 13)]
SCORES = {"validation/accuracy": 0.5}


def log(file, steps, *, completed=0, state=None):
    """Log some steps, after restoring a state or, if there is none, the rows of the completed steps in the file."""
    history = CsvHistory(file)
    if state is not None:
        history.load_state_dict(state)
    elif completed:
        history.read(completed)
    for step in steps:
        history.log_metrics(STEPS[step - 1], step=step)
        if step % 6 == 0:
            history.log_metrics(SCORES, step=step)
    history.finalize("success")
    return history


@pytest.fixture
def uninterrupted(tmp_path):
    log(tmp_path / "uninterrupted.csv", range(1, 13))
    return (tmp_path / "uninterrupted.csv").read_text()


def test_a_row_for_each_step(uninterrupted):
    rows = list(csv.DictReader(uninterrupted.splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(1, 13))
    assert [float(row["train/loss"]) for row in rows] == [step["train/loss"] for step in STEPS]
    assert [row["validation/accuracy"] for row in rows if row["validation/accuracy"]] == ["0.5", "0.5"]


@pytest.mark.parametrize("length", range(0, 40, 3))
def test_a_truncated_last_line_is_dropped(length, uninterrupted, tmp_path):
    file = tmp_path / "metrics.csv"
    log(file, range(1, 12))
    with file.open("a") as stream:
        stream.write("1,0.0,0.0833333333333333"[:length])
    log(file, range(9, 13), completed=8)
    assert file.read_text() == uninterrupted


@pytest.mark.parametrize("damage", ["", "step,epoch\nx,y\n", "step,epoch,train/loss\n1,0.0,9.0\n", None])
def test_a_resumed_run_does_not_read_the_file(damage, uninterrupted, tmp_path):
    file = tmp_path / "metrics.csv"
    state = log(file, range(1, 9)).state_dict()
    log(file, range(9, 12), state=state)  # interrupted later
    file.unlink() if damage is None else file.write_text(damage)
    log(file, range(9, 13), state=state)
    assert file.read_text() == uninterrupted


def test_the_last_row_is_updated_and_not_repeated(uninterrupted, tmp_path):
    file = tmp_path / "metrics.csv"
    log(file, range(1, 13))
    for _ in range(2):  # of a run that was interrupted while it was scored
        history = CsvHistory(file)
        history.read(12)
        history.finalize("success")
        history.log_metrics(SCORES, step=12)
        history.finalize("success")
        assert file.read_text() == uninterrupted


def test_rewriting_is_atomic(uninterrupted, tmp_path, monkeypatch):
    file = tmp_path / "metrics.csv"
    log(file, range(1, 6))
    before = file.read_text()

    def killed(*arguments):
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(OSError, match="no space"):
        log(file, range(4, 7), completed=3)
    assert file.read_text() == before
    monkeypatch.undo()
    log(file, range(4, 13), completed=3)
    assert file.read_text() == uninterrupted
