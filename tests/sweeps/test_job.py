"""How a process has ended, and the recorded status of its run."""

import os

import pytest

from tests.sweeps.made import config_of, end, finish
from tunesmith.sweeps.job import BUSY, Job, final_state

SIGKILL, SIGSEGV = -9, -11


@pytest.fixture
def job(tmp_path):
    return Job(1, config_of(f"output_dir={tmp_path}/runs"), {"seed": "1"})


@pytest.mark.parametrize(
    "written,exit_code,stopped,expected,error",
    [
        ("failed", 1, False, "failed", "as written"),
        ("pruned", 0, False, "pruned", "as written"),
        ("interrupted", 1, True, "interrupted", "as written"),
        ("running", SIGKILL, False, "failed", "killed by SIGKILL (out of memory?)"),
        ("running", SIGSEGV, False, "failed", "killed by SIGSEGV"),
        ("running", SIGKILL, True, "interrupted", "killed by SIGKILL (out of memory?)"),
        ("running", 3, False, "failed", "the process exited with status 3 before the run completed"),
        ("running", 0, False, "failed", "the process exited with status 0 before the run completed"),
        ("failed", SIGKILL, False, "failed", "killed by SIGKILL (out of memory?)"),
        (
            "done",
            3,
            False,
            "failed",
            "the process exited with status 3 before the run completed",
        ),  # without metrics.json
        (None, 2, False, "failed", "the data are gone"),
        ("running", 1, False, "failed", "the data are gone"),
    ],
)
def test_states(job, tmp_path, written, exit_code, stopped, expected, error):
    if written is not None:
        end(job.config, written, error="as written")
    log = tmp_path / "log"
    log.write_text("several\nlines\ntunesmith: the data are gone\n")
    assert final_state(job, exit_code, process=os.getpid(), log=log, stopped=stopped) == expected
    assert job.run.status()["state"] == expected and job.run.status()["error"] == error


def test_a_run_in_use_by_another_process_is_not_changed(job, tmp_path):
    end(job.config, "running", step=7)
    assert final_state(job, BUSY, process=os.getpid(), log=tmp_path / "log") == "busy" and job.run.status()["step"] == 7


def test_a_completed_run_stays_done_if_its_process_crashes(job, tmp_path):
    finish(job.config, {})
    assert final_state(job, SIGSEGV, process=os.getpid(), log=tmp_path / "log") == "done" == job.run.status()["state"]


def test_a_process_without_output(job, tmp_path):
    assert final_state(job, 1, process=os.getpid(), log=tmp_path / "log") == "failed"
    assert job.run.status()["error"] == "no message"
