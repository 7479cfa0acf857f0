"""metrics.csv after a run that was cut off is the table of one that was not."""

import csv
from pathlib import Path

import pytest

from tunesmith.loggers.csv import CsvHistory

STEPS = [{"train/loss": 1 / step, "epoch": 0.0} for step in range(1, 13)]
SCORES = {"validation/accuracy": 0.5}


def log(file, steps, *, done=0):
    history = CsvHistory(file, done)
    for step in steps:
        history.log_metrics(STEPS[step - 1], step=step)
        if step % 6 == 0:
            history.log_metrics(SCORES, step=step)
    history.finalize("success")


@pytest.fixture
def whole(tmp_path):
    log(tmp_path / "whole.csv", range(1, 13))
    return (tmp_path / "whole.csv").read_text()


def test_a_row_for_each_step(whole):
    rows = list(csv.DictReader(whole.splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(1, 13))
    assert [float(row["train/loss"]) for row in rows] == [step["train/loss"] for step in STEPS]
    assert [row["validation/accuracy"] for row in rows if row["validation/accuracy"]] == ["0.5", "0.5"]


@pytest.mark.parametrize("torn", range(0, 40, 3))
def test_a_line_that_a_full_disk_has_cut_off(torn, whole, tmp_path):
    file = tmp_path / "metrics.csv"
    log(file, range(1, 12))
    with file.open("a") as stream:
        stream.write("1,0.0,0.0833333333333333"[:torn])
    log(file, range(9, 13), done=8)
    assert file.read_text() == whole


def test_the_last_row_is_changed_and_not_doubled(whole, tmp_path):
    file = tmp_path / "metrics.csv"
    log(file, range(1, 13))
    for _ in range(2):  # of a run that was cut off while it was scored
        history = CsvHistory(file, 12)
        history.finalize("success")
        history.log_metrics(SCORES, step=12)
        history.finalize("success")
        assert file.read_text() == whole


def test_a_table_that_is_written_anew_is_never_half_there(whole, tmp_path, monkeypatch):
    file = tmp_path / "metrics.csv"
    log(file, range(1, 6))
    before = file.read_text()

    def killed(*arguments):
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(OSError, match="no space"):
        log(file, range(4, 7), done=3)
    assert file.read_text() == before
    monkeypatch.undo()
    log(file, range(4, 13), done=3)
    assert file.read_text() == whole
