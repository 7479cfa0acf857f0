"""Sweeps through Ray: a killed job affects no other."""

import os

import pytest

from tests.sweeps.launchers.test_slurm import (
    STAGED,
    Sweep,
    check_staged_jobs_run_after_their_one_stage,
    not_installed,
    parent,
    status,
)
from tunesmith.configuration.choices import LAUNCHERS

RAY = [f"{LAUNCHERS}=ray", "hydra.launcher.ray.init.num_cpus=3", "hydra.launcher.ray.init.include_dashboard=false"]


def reason_to_skip():
    if os.environ.get("TUNESMITH_TEST_RAY") != "1":
        return "starts Ray; set TUNESMITH_TEST_RAY=1"
    return "tunesmith[ray] is not installed" if not_installed("ray") else None


on_ray = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))


@pytest.mark.ray
@on_ray
def test_jobs_that_are_killed(tmp_path):
    words = [*RAY, "trainer.max_epochs=120", "seed=1,2,3,4,5,6,7,8"]
    sweep = Sweep(*words, output_dir=tmp_path / "runs")
    victims = sweep.in_the_middle(2)  # whichever Ray started first
    os.kill(status(victims[0])["pid"], 9)
    os.kill(parent(status(victims[1])["pid"]), 9)  # a Ray worker; Ray restarts its job
    code, output = sweep.end()
    states = {run: status(run)["state"] for run in sweep.runs()}
    assert code == 1 and "killed by SIGKILL (out of memory?)" in output and "Traceback" not in output
    assert states.pop(victims[0]) == "failed" and set(states.values()) == {"done"}

    before = {run: status(run) for run in sweep.runs()}
    code, output = Sweep(*words, output_dir=tmp_path / "runs").end()
    assert code == 0 and "(7 done already)" in output
    assert [run for run in sweep.runs() if status(run) != before[run]] == [victims[0]]
    assert status(victims[0])["state"] == "done"


@pytest.mark.ray
@on_ray
def test_wrong_settings(tmp_path):
    code, output = Sweep(RAY[0], "hydra.launcher.ray.init.cpus=3", "seed=1,2", output_dir=tmp_path / "runs").end()
    assert code == 2 and "Traceback" not in output
    assert "Ray failed to start with hydra.launcher.ray.init.cpus=3: Unknown keyword argument(s): cpus; set" in output


@pytest.mark.ray
@on_ray
def test_a_stage_runs_once_before_its_jobs(tmp_path):
    check_staged_jobs_run_after_their_one_stage(Sweep(*RAY, *STAGED, output_dir=tmp_path / "runs"))
