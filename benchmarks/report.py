"""How long `tunesmith report` takes over a sweep of many runs, how much memory, and how large its page is.

    python benchmarks/report.py [--runs 1000] [--seeds 5] [--repeats 3]

The runs are made without training: configs, scores, histories and manifests as a sweep over the learning rate and the weight decay
leaves them, a few failed or pruned. Each repetition is a process of its own.
"""

import argparse
import copy
import math
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# ruff: noqa: E402  the path comes first
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.sweeps.made import config_of, end, finish
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job

HEADER = "step,epoch,train/learning_rate,train/loss,validation/accuracy,validation/f1,validation/loss"


def make(runs: int, seeds: int) -> Path:
    """A sweep in the working folder."""
    chance = random.Random(0)
    folder = SweepFolder.claim(Path("runs/sweeps/many"), identity="many", varied=["optimizer.lr", "seed"])
    folder.describe(settings={})
    base, jobs = config_of("output_dir=runs"), []
    for _ in range(runs // seeds):
        rate, decay = 10 ** chance.uniform(-5, -3), chance.choice([0.0, 0.01, 0.1])
        for seed in range(1, seeds + 1):
            config = copy.deepcopy(base) | {"seed": seed}
            config["optimizer"]["lr"], config["regularization"]["standard"]["weight_decay"] = rate, decay
            varied = {
                "optimizer.lr": repr(rate),
                "regularization.standard.weight_decay": repr(decay),
                "seed": str(seed),
            }
            jobs.append(Job(len(jobs) + 1, config, varied))
    folder.freeze(jobs)
    for job in jobs:
        score = 0.9 - 0.05 * abs(math.log10(job.config["optimizer"]["lr"]) + 4) + chance.gauss(0, 0.01)
        if chance.random() < 0.05:
            end(job.config, chance.choice(["failed", "pruned"]), error="ValueError: no luck")
            continue
        scores = {f"{split}/{name}": score for split in ("validation", "test") for name in ("accuracy", "f1", "loss")}
        lines = [HEADER]
        for step in range(10, 210, 10):
            lines.append(f"{step},{step // 50},1e-5,{1 - score + 10 / step:.4f},,,")
            if step % 50 == 0:
                lines.append(f"{step},{step // 50},,,{score - 1 / step:.4f},{score - 2 / step:.4f},{1 - score:.4f}")
        finish(job.config, scores, seconds=chance.uniform(30, 60)).write_text("metrics.csv", "\n".join(lines) + "\n")
    folder.lock.release()
    return folder.path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        folder = make(options.runs, options.seeds)
        times = []
        for _ in range(options.repeats):
            started = time.monotonic()
            command = [sys.executable, "-m", "tunesmith", "report", str(folder)]
            subprocess.run(
                command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(ROOT / "src")}
            )
            times.append(time.monotonic() - started)
        page = (folder / "report/report.html").stat().st_size
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(
            f"{options.runs} runs, {options.seeds} seeds: {statistics.median(times):.1f} s ({min(times):.1f} to {max(times):.1f}), "
            f"{memory:.0f} MB, page {page / 1e6:.2f} MB"
        )
        os.chdir(ROOT)


if __name__ == "__main__":
    main()
