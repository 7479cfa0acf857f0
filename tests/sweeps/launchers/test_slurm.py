"""Sweeps on a Slurm cluster: jobs that are killed, requeued, preempted or signalled before a time limit."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.sweeps.launchers.slurm_cluster import CORES, SlurmCluster
from tunesmith.configuration.choices import LAUNCHER_PLUGINS, LAUNCHERS
from tunesmith.configuration.compose import Composer
from tunesmith.errors import UserError
from tunesmith.sweeps.launchers.choose import installed, launcher

WORDS = ["dataset.size=96", "dataset.batch_size=16", "backbone.width=32", "trainer.accelerator=cpu"]
LONG = "trainer.max_epochs=120"  # time to hit a job in the middle
SLURM = [f"{LAUNCHERS}=submitit_slurm", "hydra.launcher.partition=low", "hydra.launcher.mem_gb=1"]
STAGE = "mini_backbones/bert,dataset.size=64,backbone.layers=1,backbone.width=32,trainer.accelerator=cpu"
STAGED = [f"backbone.after=[{STAGE},trainer.max_epochs=1]", "seed=1,2,3", "trainer.max_epochs=1"]
RESUMES = "interrupted by SIGTERM; the same command resumes from here"


def reason_to_skip():
    if os.environ.get("TUNESMITH_TEST_SLURM") != "1":
        return "starts Slurm's daemons; set TUNESMITH_TEST_SLURM=1"
    return "tunesmith[slurm] is not installed" if not_installed("submitit_slurm") else SlurmCluster.missing()


def not_installed(name):
    return not installed(LAUNCHER_PLUGINS[name][0])


def on_slurm(test):
    return pytest.mark.slurm(pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))(test))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with SlurmCluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


class Sweep:
    """`tunesmith train -m` in a process of its own, and its jobs' runs."""

    def __init__(self, *words, output_dir):
        self._output_dir = output_dir
        self._output = output_dir.with_suffix(".out")
        command = [sys.executable, "-m", "tunesmith", "train", "-m", *WORDS, *words, f"output_dir={output_dir}"]
        with self._output.open("wb") as stream:
            self.process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)

    @property
    def folder(self):
        return next((self._output_dir / "sweeps").iterdir())

    def runs(self):
        return [Path(job["run"]) for job in json.loads((self.folder / "sweep.json").read_text())["jobs"]]

    def log(self, number):
        return (self.folder / "logs" / f"{number:04}.log").read_text()

    def end(self):
        """Its exit status and what it printed."""
        try:
            self.process.wait(timeout=500)
        finally:
            self.process.kill()
        return self.process.returncode, self._output.read_text()

    def in_the_middle(self, count):
        """The first runs that have trained some steps."""
        until(lambda: len(self._started()) >= count)
        return self._started()[:count]

    def _started(self):
        return [run for run in self.runs() if status(run).get("step", 0) > 10]


def status(run):
    try:
        return json.loads((run / "status.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def until(condition, seconds=180):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except (FileNotFoundError, IndexError, StopIteration):  # not written yet
            pass
        assert time.monotonic() < deadline
        time.sleep(0.1)


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@on_slurm
def test_jobs_that_are_killed(cluster, tmp_path):
    seeds = "seed=1,2,3,4,5,6,7,8"
    sweep = Sweep(*SLURM, LONG, seeds, output_dir=tmp_path / "runs")
    victims = sweep.in_the_middle(2)
    assert sum(status(run).get("state") == "running" for run in sweep.runs()) <= CORES  # the others wait
    os.kill(status(victims[0])["pid"], 9)
    os.kill(parent(status(victims[1])["pid"]), 9)  # submitit's process, which then writes no result
    code, output = sweep.end()
    before = {run: status(run) for run in sweep.runs()}
    assert code == 1 and "In Slurm's queue: " in output and "Traceback" not in output
    assert before[victims[0]]["state"] == "failed" and "killed by SIGKILL (out of memory?)" in output
    assert before[victims[1]]["state"] in ("failed", "interrupted")
    assert all(entry["state"] == "done" for run, entry in before.items() if run not in victims)

    code, output = Sweep(*SLURM, LONG, seeds, output_dir=tmp_path / "runs").end()
    assert code == 0 and "(6 done already)" in output
    assert [run for run in sweep.runs() if status(run) != before[run]] == victims
    assert {status(run)["state"] for run in victims} == {"done"}


@on_slurm
def test_jobs_that_slurm_interrupts_match_uninterrupted_ones(cluster, tmp_path):
    sweep = Sweep(*SLURM, LONG, "seed=1,2,3", "logger=[csv,wandb]", output_dir=tmp_path / "runs")
    sweep.in_the_middle(3)
    jobs = sorted(cluster.queue())
    subprocess.run(["scontrol", "requeue", jobs[0]], check=True)
    subprocess.run(["scancel", "--signal=USR2", jobs[1]], check=True)  # as before a time limit
    preempting = ["sbatch", "--partition=high", f"--cpus-per-task={CORES}", "--output=/dev/null", "--wrap=sleep 1"]
    subprocess.run(preempting, check=True, capture_output=True)
    code, output = sweep.end()
    assert code == 0, output
    for number, run in enumerate(sweep.runs(), 1):
        assert RESUMES in sweep.log(number) and "Resuming from step" in sweep.log(number)
        assert_same_as_uninterrupted(run, number, tmp_path)
        names = [folder.name.rpartition("-")[2] for folder in (run / "wandb").glob("offline-run-*")]
        assert len(names) >= 2 and set(names) == {(run / "wandb_id.txt").read_text()}


def assert_same_as_uninterrupted(run, seed, tmp_path):
    words = [*WORDS, LONG, f"seed={seed}", f"output_dir={tmp_path / 'uninterrupted'}", "trainer.progress_bar=false"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}  # as a job has one core
    subprocess.run(
        [sys.executable, "-m", "tunesmith", "train", *words], check=True, capture_output=True, env=environment
    )
    uninterrupted = next((tmp_path / "uninterrupted").glob(f"*/{run.name}"))
    weights, expected = (load_file(folder / "model" / "model.safetensors") for folder in (run, uninterrupted))
    assert weights.keys() == expected.keys() and all(torch.equal(weights[name], expected[name]) for name in expected)
    assert (run / "metrics.json").read_text() == (uninterrupted / "metrics.json").read_text()


WRONG = [
    ("hydra.launcher.partition=nope", "rejected .*partition=nope: invalid partition specified: nope; correct"),
    ("hydra.launcher.partitio=low", r"hydra.launcher.partitio does not exist; did you mean partition\? \(settings"),
    ("hydra.launcher.timeout_min=long", "timeout_min=long: Value 'long' of type 'str' could not be converted"),
]


@on_slurm
@pytest.mark.parametrize("word,message", WRONG)
def test_wrong_settings(cluster, tmp_path, word, message):
    code, output = Sweep(*SLURM, word, "seed=1,2", output_dir=tmp_path / "runs").end()
    assert code == 2 and "Traceback" not in output
    assert re.search(message, output), output


def test_not_on_a_cluster(tmp_path, monkeypatch):
    if not_installed("submitit_slurm"):
        pytest.skip("tunesmith[slurm] is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    code, output = Sweep(SLURM[0], "seed=1,2", output_dir=tmp_path / "runs").end()
    assert code == 2 and "needs Slurm's sbatch and srun, which are not installed here; start the sweep on" in output


@pytest.mark.parametrize("name,extra", [("submitit_slurm", "slurm"), ("submitit_local", "slurm"), ("ray", "ray")])
def test_not_installed(monkeypatch, name, extra):
    class Absent:
        @staticmethod
        def find_spec(module, path, target=None):
            if module == LAUNCHER_PLUGINS[name][0]:
                raise ModuleNotFoundError(module)

    monkeypatch.setattr(sys, "meta_path", [Absent, *sys.meta_path])
    monkeypatch.delitem(sys.modules, LAUNCHER_PLUGINS[name][0], raising=False)
    with pytest.raises(UserError, match=rf"{LAUNCHERS}={name} is not installed; .*pip install 'tunesmith\[{extra}\]'"):
        launcher([f"{LAUNCHERS}={name}"], Composer(None))


def check_staged_jobs_run_after_their_one_stage(sweep):
    code, output = sweep.end()
    assert code == 0, output
    assert "3 jobs after 1 stage" in output and output.count("done stage ") == 1
    stage = next((sweep.folder.parent.parent / "mini_backbones/bert").iterdir())
    ends = {run: (run / "metrics.json").stat().st_mtime for run in [stage, *sweep.runs()]}
    assert len(ends) == 4 and min(ends, key=ends.get) == stage


@on_slurm
def test_a_stage_runs_once_before_its_jobs(cluster, tmp_path):
    check_staged_jobs_run_after_their_one_stage(Sweep(*SLURM, *STAGED, output_dir=tmp_path / "runs"))
