"""Jobs that fail, are interrupted or are requested twice: none affects another, and no work is lost or repeated."""

import contextlib
import os
import signal
import subprocess
import sys
import threading

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import TINY, write_csv
from tests.loggers.offline import Offline
from tests.sweeps.made import call, config_of, folder_of, start, sweep, until
from tests.sweeps.trouble import NONE
from tunesmith.configuration.choices import conf_folder
from tunesmith.documents.markdown import literal
from tunesmith.runs.folder import RunFolder
from tunesmith.sweeps.folder import SweepFolder

TROUBLE = f"regularization.trouble={NONE}"
KINDS = ["none", "raise", "exit", "kill", "memory", "once"]
ERRORS = {
    "raise": "ValueError: no [such] luck",
    "exit": "the process exited with status 3 before the run completed",
    "kill": "killed by SIGKILL (out of memory?)",
    "memory": "out of memory",
    "once": "ValueError: the first time",
}


def states(output_dir):
    return {job.config["seed"]: job.run.status().get("state") for job in SweepFolder(folder_of(output_dir)).jobs()}


def files(output_dir):
    """Inodes and times, which show whether a run was repeated."""
    return {file: (file.stat().st_ino, file.stat().st_mtime_ns) for file in output_dir.glob("*/*/metrics.json")}


class Troubled:
    """A sweep in which most jobs fail, run three times."""

    def __init__(self, output_dir):
        kinds = f"regularization.trouble.kind={','.join(KINDS)}"
        self.words = [TROUBLE, kinds, f"output_dir={output_dir}", "hydra.launcher.n_jobs=2"]
        with contextlib.chdir(output_dir):
            self.calls = [sweep(*self.words)]
            self.folder = SweepFolder(folder_of(output_dir))
            self.seen = [self.look(output_dir)]
            self.markdown = (self.folder.path / "results.md").read_text()
            for more in (["sweep.retry_failed=false"], []):
                self.calls.append(sweep(*self.words, *more))
                self.seen.append(self.look(output_dir))

    def look(self, output_dir):
        jobs = {job.config["regularization"]["trouble"]["kind"]: job for job in self.folder.jobs()}
        status = {kind: job.run.status() for kind, job in jobs.items()}
        logs = {kind: self.folder.log(job.number).read_text() for kind, job in jobs.items()}
        return status, logs, files(output_dir)


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    return Troubled(tmp_path_factory.mktemp("troubled"))


def test_a_failing_job_affects_no_other(troubled):
    status, _, done = troubled.seen[0]
    assert {kind: content["state"] for kind, content in status.items()} == {"none": "done"} | dict.fromkeys(
        ERRORS, "failed"
    )
    assert len(done) == 1 and troubled.calls[0].status == 1


def test_failures_are_listed_with_their_error_and_log(troubled):
    status, logs, _ = troubled.seen[0]
    shown = troubled.calls[0].output.splitlines()
    for number, kind in enumerate(KINDS, 1):
        if kind in ERRORS:
            assert status[kind]["error"].startswith(ERRORS[kind])
            log = f"/logs/{number:04}.log"
            (line,) = (line for line in shown if f"trouble.kind={kind}: {ERRORS[kind]}" in line)
            assert line.startswith("failed: ") and line.endswith(log)
            assert "parameters" in logs[kind]
    assert 'raise ValueError("no [such] luck")' in logs["raise"]
    assert all(literal(f"trouble.kind={kind} {error}") in troubled.markdown for kind, error in ERRORS.items())


def test_failed_runs_can_be_skipped(troubled):
    assert troubled.seen[1] == troubled.seen[0]
    assert troubled.calls[1].status == 1 and "(1 done, 5 failed already)" in troubled.calls[1].output


def test_failed_runs_are_retried_and_completed_ones_are_not(troubled):
    before, logs, done = troubled.seen[1]
    status, logs_after, done_after = troubled.seen[2]
    assert status["none"] == before["none"] and logs_after["none"] == logs["none"]
    assert done.items() < done_after.items() and len(done_after) == 2
    assert status["once"]["state"] == "done" and all(len(logs_after[kind]) > len(logs[kind]) for kind in ERRORS)


def test_wandb_runs_of_jobs_end_with_the_state_of_the_job(tmp_path):
    endings = {"none": (0, "done"), "raise": (1, "failed"), "signal": (255, "interrupted"), "prune": (0, "pruned")}
    words = [
        TROUBLE,
        f"regularization.trouble.kind={','.join(endings)}",
        "logger=[csv,wandb]",
        f"output_dir={tmp_path}",
    ]
    sweep(*words, "hydra.launcher.n_jobs=2")
    for job in SweepFolder(folder_of(tmp_path)).jobs():
        code, state = endings[job.config["regularization"]["trouble"]["kind"]]
        read = Offline(job.run.path)
        assert job.run.status()["state"] == state and read.summary["state"] == state and read.exit_codes == [code]
        assert ("final/test/accuracy" in read.summary) == (state == "done")


SEEDS = "seed=1,2,3"
FEW_STEPS = [
    *TINY,
    *(TROUBLE, "trainer.max_epochs=2", "dataset.batch_size=16", "hydra.launcher.n_jobs=2"),  # 6 steps an epoch
]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The weights of each seed, from separate runs."""
    output_dir, weights, threads = tmp_path_factory.mktemp("uninterrupted"), {}, torch.get_num_threads()
    half = max(1, len(os.sched_getaffinity(0)) // 2)
    torch.set_num_threads(min(half, threads))  # as in each of two jobs, since sums depend on it
    for seed in (1, 2, 3):
        words = [word for word in FEW_STEPS if not word.startswith("hydra")]
        assert call("train", *words, f"seed={seed}", f"output_dir={output_dir / str(seed)}").status == 0
        (file,) = (output_dir / str(seed)).glob("*/*/model/model.safetensors")
        weights[seed] = load_file(file)
    torch.set_num_threads(threads)
    return weights


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_resumed_sweep_ends_with_the_weights_of_an_uninterrupted_one(uninterrupted, tmp_path, number):
    words = ["train", "-m", *FEW_STEPS, SEEDS, f"output_dir={tmp_path}"]
    process = start(*words, TROUBLE_SECONDS="0.2")
    until(lambda: len(list(tmp_path.glob("*/*/metrics.csv"))) >= 1)  # in the second epoch of a job
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    output, _ = process.communicate(timeout=120)
    jobs = SweepFolder(folder_of(tmp_path)).jobs()
    if number == signal.SIGKILL:
        assert process.returncode == -number
        until(lambda: not any(job.run.busy for job in jobs))  # jobs stop by themselves
    else:
        assert process.returncode == 1 and output.count("Stopping: ") == 1 and "Traceback" not in output
        assert "tunesmith: interrupted by Ctrl-C; the same command resumes from here" in output
    before = states(tmp_path)
    assert list(before.values()).count("interrupted") in (1, 2) and before[3] is None and not files(tmp_path)

    called = call(*words)
    assert called.status == 0, called.output
    assert set(states(tmp_path).values()) == {"done"}
    for job in jobs:
        after = load_file(job.run.model / "model.safetensors")
        expected = uninterrupted[job.config["seed"]]
        assert after.keys() == expected.keys() and all(torch.equal(after[name], expected[name]) for name in after)
    log = SweepFolder(folder_of(tmp_path)).log(1).read_text()
    assert "Resuming from step" in log


def test_a_second_signal_kills_the_jobs(tmp_path):
    words = ["train", "-m", *FEW_STEPS, "seed=1,2", f"output_dir={tmp_path}"]
    process = start(*words, TROUBLE_SECONDS="60")
    until(lambda: list(tmp_path.glob("*/*/manifest.json")))
    process.send_signal(signal.SIGINT)
    until(lambda: "Stopping" in process.stdout.readline())
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 1
    process.stdout.close()
    assert set(states(tmp_path).values()) <= {"interrupted", None}
    assert not any(job.run.busy for job in SweepFolder(folder_of(tmp_path)).jobs())


def test_two_concurrent_sweeps_share_their_runs(tmp_path):
    words = ["train", "-m", *TINY, TROUBLE, f"output_dir={tmp_path}", "hydra.launcher.n_jobs=1"]
    process = start(*words, "seed=1,2,3", TROUBLE_SECONDS="0.4")
    until(lambda: list(tmp_path.glob("*/*/status.json")))  # its first job is running
    called = call(*words, "seed=1,3,2,4")  # in this process
    output, _ = process.communicate(timeout=120)
    assert called.status == 0 and called.output.count("\ndone ") >= 1, called.output
    assert process.returncode == 0 and output.count("\ndone ") >= 1, output
    logs = "".join(file.read_text() for file in tmp_path.glob("sweeps/*/logs/*.log"))
    assert len(list(tmp_path.glob("*/*/metrics.json"))) == 4
    assert logs.count(" parameters  ") == 4  # each run logs once how large its model is
    for folder in (tmp_path / "sweeps").iterdir():
        jobs = len(SweepFolder(folder).jobs())
        assert jobs in (3, 4) and f"{jobs} done" in call("report", folder).output


def test_a_run_in_use_by_another_process_is_retried(tmp_path):
    words = [f"output_dir={tmp_path}", "seed=1,2", "hydra.launcher.n_jobs=1"]
    config = config_of(f"output_dir={tmp_path}", "seed=1")
    held = RunFolder.claim(config)
    release = threading.Thread(target=lambda: (until(lambda: files(tmp_path)), held.release()))
    release.start()
    called = sweep(*words)
    release.join()
    assert called.status == 0 and len(files(tmp_path)) == 2
    assert "job 1 is in use by another process; it will be retried" in called.output
    assert called.output.index("\ndone 2") < called.output.index("\ndone 1")


def test_a_sweep_folder_is_locked(tmp_path):
    words = [f"output_dir={tmp_path}", f"sweep.folder={tmp_path}/s"]
    holder = SweepFolder.claim(tmp_path / "s", identity="", varied=[])
    called = sweep(*words)
    holder.lock.release()
    assert called.status == 2 and "s is in use by another process; wait for it or stop it" in called.errors


def test_later_edits_do_not_change_queued_jobs(tmp_path):
    groups = tmp_path / "groups" / "optimizer"
    groups.mkdir(parents=True)
    source = (conf_folder() / "optimizer/adamw.yaml").read_text()
    own = groups / "own.yaml"
    own.write_text(source)

    def edit():
        until(lambda: list(tmp_path.glob("runs/*/*/status.json")))
        own.write_text(source.replace("weight_decay:", "weight_decoy:"))  # which no job could run with

    editor = threading.Thread(target=edit)
    editor.start()
    words = ["optimizer=own", "seed=1,2", f"output_dir={tmp_path}/runs", "hydra.launcher.n_jobs=1"]
    called = sweep(*words, "--config-dir", groups.parent)
    editor.join()
    assert called.status == 0 and "weight_decoy" in own.read_text()
    configs = [job.run.config() for job in SweepFolder(folder_of(tmp_path / "runs")).jobs()]
    assert len(configs) == 2 and configs[0]["optimizer"] == configs[1]["optimizer"]
    assert sweep(*words, "--config-dir", groups.parent).status == 2  # a new sweep sees the edit


def test_relative_paths_refer_to_the_folder_in_which_the_sweep_was_started(tmp_path):
    write_csv(tmp_path / "data.csv", [("a fine film", "good"), ("a dull film", "bad")] * 10)
    words = [
        "dataset=csv",
        "dataset.train=data.csv",
        "dataset.validation=data.csv",
        "output_dir=runs",
        "sweep.folder=s",
    ]
    with contextlib.chdir(tmp_path):
        assert call("train", "-m", *TINY[1:], *words).status == 0
    assert len(files(tmp_path / "runs")) == 1 and (tmp_path / "s/results.csv").is_file()


def test_a_script_without_a_main_guard_runs_once(tmp_path):
    words = ["train", "-m", *TINY, "seed=1,2", f"output_dir={tmp_path / 'runs'}"]
    script = tmp_path / "script.py"
    script.write_text(f"from tunesmith import cli\nprint('once')\nassert cli.run({words!r}) == 0\n")
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("once") == 1 and len(files(tmp_path / "runs")) == 2
