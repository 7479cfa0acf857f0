"""Seconds to compose and check the 1,000 jobs of a grid over four groups and two keys, and to freeze their configs.

    python benchmarks/planning.py [--repeats 3]

The command is timed from its launch, imports included; freezing, which `train -m` does next, is timed in this process.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SPACE = {
    "backbone": "random_bert,random_roberta",
    "optimizer": "adamw,adam,nadamw,adafactor,sgd",
    "scheduler": "linear,cosine,constant,polynomial,inverse_square_root",
    "regularization": "[standard],[standard,label_smoothing]",
    "optimizer.lr": "1e-4,3e-4,5e-4,1e-3,2e-3",
    "seed": "1,2",
}
JOBS = 1000
TARGET_SECONDS = 60


def check(words: list[str]) -> float:
    """Seconds of `tunesmith check -m`."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "tunesmith", "check", "-m", *words]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - started
    assert f"{JOBS} jobs" in answer, answer
    return seconds


def freeze(words: list[str]) -> float:
    """Seconds to write the configs of the same jobs."""
    from tunesmith.sweeps.folder import SweepFolder
    from tunesmith.sweeps.sweep import plan

    planned = plan(words, config_dir=None)
    folder = SweepFolder.claim(planned.path, identity=planned.identity, varied=[axis.key for axis in planned.axes])
    started = time.perf_counter()
    folder.freeze(planned.jobs)
    seconds = time.perf_counter() - started
    assert len(list((planned.path / "jobs").iterdir())) == len({job.run.path for job in planned.jobs}) == JOBS
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    words = ["dataset.size=200", *(f"{key}={values}" for key, values in SPACE.items())]
    checks, freezes = [], []
    for _ in range(repeats):
        checks.append(check(words))
        with tempfile.TemporaryDirectory() as folder:
            freezes.append(freeze([*words, f"output_dir={Path(folder) / 'runs'}"]))
    checked, frozen = statistics.median(checks), statistics.median(freezes)
    print(f"tunesmith check -m, {JOBS} jobs   {checked:5.1f} s, target at most {TARGET_SECONDS} s")
    print(f"their configs frozen          {frozen:5.1f} s")
    print(f"both                          {checked + frozen:5.1f} s, {1000 * (checked + frozen) / JOBS:.0f} ms a job")


if __name__ == "__main__":
    main()
