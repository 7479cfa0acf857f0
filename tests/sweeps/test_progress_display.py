"""Progress of a sweep: a table on a terminal, one line per event in a file."""

import io
import re
import sys
import time
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


def displayed(place, monkeypatch, stream, *, columns=160, term="xterm"):
    """Three jobs: one completed, one failed, one running; the output."""
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", str(columns))
    for variable in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(variable, raising=False)
    done, failed, running = (job_of(place, number, number) for number in (1, 2, 3))
    with ProgressDisplay(SweepFolder(place / "sweep"), Counter(done=2), 9, []) as display:
        for job in (done, failed, running):
            display.started(job)
        finish(done.config, {}).set_state("done", scores={"validation/f1": 0.25}, stopped_early={"epoch": 2})
        display.ended(done, "done")
        end(failed.config, "failed", error="ValueError: [such] luck\nmore")
        display.ended(failed, "failed")
        end(running.config, "running", step=3, steps=4, scores={"validation/f1": 0.125})
        display.refresh()
    assert display.states == {"done": 3, "failed": 1}
    return stream.getvalue()


def test_one_line_per_event_in_a_file(place, monkeypatch):
    lines = displayed(place, monkeypatch, io.StringIO()).splitlines()
    assert re.fullmatch(
        rf"done 1: {re.escape(SHOWN)}  f1 0\.2500  best so far  stopped early after epoch 2  \d\.\d s  0 s left",
        lines[0],
    )
    assert lines[1:] == [f"failed 2: {SHOWN}", "  ValueError: [such] luck", "  [red]s[/]/sweep/logs/0002.log"]


def test_a_table_on_a_terminal(place, monkeypatch):
    output = Text.from_ansi(displayed(place, monkeypatch, Terminal())).plain
    assert "[red]s[/]/sweep/logs/0002.log" in output and output.count(SHOWN) >= 3
    rows = [line.split() for line in output.splitlines()]
    assert any(row[0] == "1" and "done" in row and "0.2500" in row for row in rows if row)
    assert any(row[0] == "3" and "running" in row and "0.1250" in row for row in rows if row)
    assert "1 running  3 done  1 failed  4 waiting  best f1 0.2500, job 1  0 s left" in output
    assert re.search(r"^ +3 .* running .* f1 0\.1250 +\d\.\d s +0 s left$", output, re.MULTILINE)


@pytest.mark.parametrize(
    "columns,dropped", [(160, []), (62, ["progress"]), (40, ["progress", "left", "time", "state"])]
)
def test_a_narrow_terminal_drops_columns_before_scores(place, monkeypatch, columns, dropped):
    output = Text.from_ansi(displayed(place, monkeypatch, Terminal(), columns=columns)).plain
    heading = next(line for line in output.splitlines() if line.startswith("job"))
    kept = [name for name in ("state", "progress", "scores", "time", "left") if name not in dropped]
    assert heading.split() == ["job", *kept]
    rows = [line for line in output.splitlines() if line.startswith("  3  ")]
    assert rows and all("f1 0.1250" in row and len(row) <= columns for row in rows)


def test_a_dumb_terminal_gets_lines(place, monkeypatch):
    output = displayed(place, monkeypatch, Terminal(), term="dumb")
    assert output.startswith("done 1: ") and "\x1b" not in output and "\r" not in output


def test_the_best_so_far_and_the_time_left(place, monkeypatch, capsys):
    """Of a score that is better if smaller; a job takes 10 s, and at the end two run at a time."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    jobs = [job_of(place, number, number) for number in range(1, 5)]
    with ProgressDisplay(SweepFolder(place), Counter(), 6, []) as display:
        for job, at, loss in zip(jobs[:3], (10.0, 20.0, 30.0), (0.5, 0.75, 0.25), strict=True):
            display.started(job)
            now[0] = at
            finish(job.config, {}).set_state("done", scores={"validation/loss": loss})
            if at == 30.0:
                display.started(jobs[3])
            display.ended(job, "done")
    lines = [" ".join(line.split("]  ")[-1].split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "loss 0.5000 best so far 10.0 s 50 s left",
        "loss 0.7500 10.0 s 40 s left",
        "loss 0.2500 best so far 10.0 s 20 s left",  # the fourth has just started; one of two that wait starts now
    ]


def test_the_time_left_is_that_of_all_places(place, monkeypatch, capsys):
    """Four jobs at a time of ten of 10 s each, which start at 0, 1, 2 and 3 s: the last two of them end at 30 and 31 s."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    jobs = [job_of(place, number, number) for number in range(10)]
    with ProgressDisplay(SweepFolder(place), Counter(), 10, []) as display:
        starts = [10 * (number // 4) + number % 4 for number in range(10)]
        events = sorted(
            [(at, 1, number) for number, at in enumerate(starts)] + [(at + 10, 0, n) for n, at in enumerate(starts)]
        )
        for at, starts_now, number in events:
            now[0] = float(at)
            if starts_now:
                display.started(jobs[number])
            else:
                finish(jobs[number].config, {}).set_state("done", scores={"validation/f1": 0.5})
                display.ended(jobs[number], "done")
    lines = [line.split("10.0 s")[1].strip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [*(f"{31 - at} s left" for at in (10, 11, 12, 13, 20, 21, 22, 23, 30)), ""]


def test_a_job_that_an_earlier_command_has_completed_may_be_the_best(place, capsys):
    jobs = [job_of(place, number, number) for number in range(1, 4)]
    for job, accuracy in zip(jobs, (0.75, 0.5, 0.875), strict=True):
        finish(job.config, {}).set_state("done", scores={"validation/accuracy": accuracy})
    with ProgressDisplay(SweepFolder(place), Counter(done=1), 3, jobs[:1]) as display:
        for job in jobs[1:]:
            display.started(job)
            display.ended(job, "done")
    first, second = capsys.readouterr().out.splitlines()
    assert "accuracy 0.5000" in first and "best so far" not in first and "accuracy 0.8750  best so far" in second


def test_a_busy_run_has_not_ended(place, capsys):
    job = job_of(place, 1, 1)
    with ProgressDisplay(SweepFolder(place), Counter(), 1, []) as display:
        display.started(job)
        display.ended(job, "busy")
        display.started(job)
        display.ended(job, "done")
    assert display.states == {"done": 1}
    assert "job 1 is in use by another process; it will be retried" in capsys.readouterr().out
