"""Start of a warm job, and the wall time of many tiny jobs against a shell loop and Hydra's own joblib launcher.

    python benchmarks/sweep_speed.py [--starts 7] [--jobs 40] [--repeats 3] [--parallel 2]

The start is timed from the launch of a job's process to the end of its first training step, with cached tokenised
data, and compared with a fresh `tunesmith train` of the same job. The many jobs differ in their seed and train 3
steps. The shell loop runs only once, since `xargs -P` does the same in less time. joblib's workers run many jobs each,
so they also import only once, but a job that crashes ends the whole sweep. All methods run the same number of
concurrent jobs, with one thread for each core of a job. Sweeps, xargs and joblib are interleaved; medians.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

JOB = ["dataset.size=96", "backbone.width=32", "trainer.max_epochs=1", "trainer.max_steps=3"]
JOB += ["trainer.progress_bar=false", "trainer.accelerator=cpu"]
TARGET_SECONDS, TARGET_RATIO = 0.3, 5
SWEEP = "tunesmith train -m"

# A user-defined callback, and a sweep that records when it yields a job, just before starting its process.
CLOCK = """
import time
import pytorch_lightning as pl

class Clock(pl.Callback):
    def __init__(self, folder):
        self.folder = folder
    def on_train_batch_end(self, trainer, *arguments):
        if trainer.global_step == 1:
            (self.folder / "first_step").write_text(str(time.monotonic()))

def clock(folder, monitor, mode):
    return Clock(folder)
"""
WATCHED = """
import time
from tunesmith.cli import main
from tunesmith.sweeps.grid import Grid

def recorded(self, next_job=Grid.next):
    job, launched = next_job(self), time.monotonic()
    if job is not None:
        with open("launched", "a") as file:
            print(job.run.path, launched, file=file)
    return job

Grid.next = recorded
main()
"""
JOBLIB = """
import hydra
from omegaconf import OmegaConf
from tunesmith.configuration.checks.check import check
from tunesmith.configuration.choices import conf_folder
from tunesmith.training.train import train

@hydra.main(version_base=None, config_path=str(conf_folder()), config_name="train")
def app(config):
    config = OmegaConf.to_container(config, resolve=True)
    del config["sweep"]
    check(config)
    train(config)

app()
"""


def run(command: list[str], folder: Path, **variables: str) -> float:
    """Wall time of a command, in seconds."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=os.environ | variables, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return time.perf_counter() - started


def start_times(folder: Path, starts: int) -> tuple[list[float], list[float]]:
    """Seconds to the first step, for warm jobs and for fresh processes."""
    (folder / "tunesmith_clock").mkdir()
    (folder / "tunesmith_clock/__init__.py").write_text(CLOCK)
    variables = {"PYTHONPATH": str(folder), "TUNESMITH_PLUGINS": "tunesmith_clock"}
    words = [*JOB, "+callbacks.clock={_target_: tunesmith_clock.clock}"]
    launcher = ["-m", "hydra/launcher=local", "hydra.launcher.n_jobs=1"]
    seeds = f"seed=range(0,{starts + 1})"
    run([sys.executable, "-c", WATCHED, "train", *launcher, *words, seeds, "output_dir=warm"], folder, **variables)
    launched = [line.rsplit(" ", 1) for line in (folder / "launched").read_text().splitlines()]
    warm = [first_step(folder / path) - float(moment) for path, moment in launched]
    fresh = []
    for seed in range(1, starts + 1):
        moment = time.monotonic()
        command = [sys.executable, "-m", "tunesmith", "train", *words, f"seed={seed}", f"output_dir=fresh{seed}"]
        run(command, folder, **variables)
        (path,) = (folder / f"fresh{seed}").glob("*/*")
        fresh.append(first_step(path) - moment)
    return warm[1:], fresh  # the first job waits for the imports


def first_step(path: Path) -> float:
    return float((path / "first_step").read_text())


def sweep_times(folder: Path, jobs: int, repeats: int, parallel: int) -> dict[str, list[float]]:
    """Seconds for all jobs, by method."""
    (folder / "app.py").write_text(JOBLIB)
    words, at_a_time = " ".join([*JOB, "output_dir=PLACE"]), f"hydra.launcher.n_jobs={parallel}"
    train, seeds = f"{sys.executable} -m tunesmith train {words}", f"'seed=range(1,{jobs + 1})'"
    threads = f"export OMP_NUM_THREADS={max(1, len(os.sched_getaffinity(0)) // parallel)};"  # the sweep sets its own
    joblib = f"hydra/launcher=joblib {at_a_time} hydra.sweep.dir=PLACE"
    commands = {
        SWEEP: f"{train} -m {seeds} hydra/launcher=local {at_a_time}",
        f"xargs -P {parallel}": f"{threads} seq {jobs} | xargs -P {parallel} -I SEED {train} seed=SEED",
        "joblib launcher": f"{threads} {sys.executable} app.py -m {words} {seeds} {joblib}",
        "shell loop": f"for seed in $(seq {jobs}); do {train} seed=$seed || exit 1; done",
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for repeat in range(repeats):
        for number, (name, command) in enumerate(commands.items()):
            if name != "shell loop" or repeat == 0:
                place = folder / f"{number}-{repeat}"
                times[name].append(run(["sh", "-c", command.replace("PLACE", str(place))], folder))
                found = len(list(place.rglob("metrics.json")))
                assert found == jobs, f"{name}: {found} of {jobs} jobs have completed"
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--parallel", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["TUNESMITH_CACHE"] = str(folder / "cache")
        run([sys.executable, "-m", "tunesmith", "train", *JOB, "output_dir=first"], folder)  # fills the cache
        warm, fresh = start_times(folder, arguments.starts)
        times = sweep_times(folder, arguments.jobs, arguments.repeats, arguments.parallel)
    start, cold = statistics.median(warm), statistics.median(fresh)
    print(f"launch to first step, warm job           {start:7.2f} s, target at most {TARGET_SECONDS} s")
    print(f"launch to first step, fresh process      {cold:7.2f} s, {cold / start:.1f} times as long")
    medians = {name: statistics.median(values) for name, values in times.items()}
    sweep = medians[SWEEP]
    for name, median in medians.items():
        print(f"{arguments.jobs} jobs, {name:<30} {median:7.1f} s, {median / sweep:.1f} times the sweep's")
    shell = min(median for name, median in medians.items() if name.startswith(("xargs", "shell")))
    print(f"the faster shell command takes {shell / sweep:.1f} times the sweep's time, target at least {TARGET_RATIO}")
    print(
        f"joblib takes {medians['joblib launcher'] / sweep:.1f} times the sweep's time, target at least {TARGET_RATIO}"
    )


if __name__ == "__main__":
    main()
