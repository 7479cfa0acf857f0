"""Progress of a sweep: a table on a terminal, one line per event in a file."""

import io
import sys
from collections import Counter

import pytest
from rich.text import Text

from tests.sweeps.made import Terminal, config_of, end, finish
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job
from tunesmith.sweeps.progress_display import ProgressDisplay

NAME = {"dataset.text": "[bold]x[/nothing]", "dataset.label": ":cat:\\[y]"}
SHOWN = "dataset.text=[bold]x[/nothing] dataset.label=:cat:\\[y]"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder whose name is not markup either."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "[red]s[/]"


def job_of(place, number, seed):
    return Job(number, config_of(f"seed={seed}", f"output_dir='{place}'"), NAME)


def displayed(place, monkeypatch, stream):
    """Three jobs: one completed, one failed, one running; the output."""
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    for variable in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(variable, raising=False)
    done, failed, running = (job_of(place, number, number) for number in (1, 2, 3))
    with ProgressDisplay(SweepFolder(place / "sweep"), Counter(done=2), 9) as display:
        for job in (done, failed, running):
            display.started(job)
        finish(done.config, {}).set_state("done", scores={"validation/f1": 0.25})
        display.ended(done, "done")
        end(failed.config, "failed", error="ValueError: [such] luck\nmore")
        display.ended(failed, "failed")
        end(running.config, "running", step=3, steps=4, scores={"validation/f1": 0.125})
        display.refresh()
    assert display.states == {"done": 3, "failed": 1}
    return stream.getvalue()


def test_one_line_per_event_in_a_file(place, monkeypatch):
    lines = displayed(place, monkeypatch, io.StringIO()).splitlines()
    assert lines[0].startswith(f"done 1: {SHOWN}  f1 0.2500  ") and lines[0].endswith(" s")
    assert lines[1:] == [f"failed 2: {SHOWN}", "  ValueError: [such] luck", "  [red]s[/]/sweep/logs/0002.log"]


def test_a_table_on_a_terminal(place, monkeypatch):
    output = Text.from_ansi(displayed(place, monkeypatch, Terminal())).plain
    assert "[red]s[/]/sweep/logs/0002.log" in output and output.count(SHOWN) >= 3
    rows = [line.split() for line in output.splitlines()]
    assert any(row[0] == "1" and "done" in row and "0.2500" in row for row in rows if row)
    assert any(row[0] == "3" and "running" in row and "0.1250" in row for row in rows if row)
    assert "1 running  3 done  1 failed  4 waiting" in output


def test_a_busy_run_has_not_ended(place, capsys):
    job = job_of(place, 1, 1)
    with ProgressDisplay(SweepFolder(place), Counter(), 1) as display:
        display.started(job)
        display.ended(job, "busy")
        display.started(job)
        display.ended(job, "done")
    assert display.states == {"done": 1}
    assert "job 1 is in use by another process; it will be retried" in capsys.readouterr().out
