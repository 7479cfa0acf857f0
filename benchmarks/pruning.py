"""A pruned search against the full grid over the same space: its best accuracy, and the fraction of the steps it takes.

    python benchmarks/pruning.py [--seeds 5] [--pruner median] [--trials 20] [--size 2000]

One grid of 36 configurations, then a TPE search for each sampler seed, on generated reviews. A search reaches the
grid's best validation accuracy if its own is at most one (binomial) standard error of that accuracy lower. Steps are
read from metrics.csv, so pruned runs count with the steps that they have trained.
"""

import argparse
import csv
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tunesmith.runs.folder import RunFolder

SPACE = [
    "optimizer.lr=1e-4,2e-4,5e-4,1e-3,2e-3,5e-3",
    "regularization.standard.hidden_dropout=0.0,0.1,0.3",
    "scheduler=linear,constant",
]
CONFIGURATIONS = 36
TARGET_FRACTION = 0.4


def sweep(folder: Path, name: str, size: int, words: list[str]) -> list[RunFolder]:
    """The runs of a sweep."""
    settings = [f"dataset.size={size}", "backbone.width=64", "trainer.max_epochs=6", "trainer.accelerator=cpu"]
    command = [sys.executable, "-m", "tunesmith", "train", "-m", *settings, *SPACE, *words, f"output_dir={name}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{done.stdout}{done.stderr}")
    return [RunFolder(file.parent) for file in (folder / name).glob("*/*/status.json")]


def steps(runs: list[RunFolder]) -> int:
    """Total optimizer steps of all runs."""
    return sum(max(int(row["step"]) for row in csv.DictReader((run.path / "metrics.csv").open())) for run in runs)


def best(runs: list[RunFolder]) -> float:
    """The highest validation accuracy of the completed runs."""
    return max(float(run.read_json("metrics.json")["validation/accuracy"]) for run in runs if run.completed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--pruner", default="median")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--size", type=int, default=2000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["TUNESMITH_CACHE"] = str(folder / "cache")
        grid = sweep(folder, "grid", arguments.size, ["sweep=grid"])
        assert len(grid) == CONFIGURATIONS and all(run.completed for run in grid)
        highest, all_steps = best(grid), steps(grid)
        rows = grid[0].read_json("manifest.json")["data"]["rows"]["validation"]
        error = math.sqrt(highest * (1 - highest) / rows)
        near = sum(best([run]) >= highest - error for run in grid)
        print(
            f"grid of {len(grid)}: accuracy {highest:.4f} ± {error:.4f}, {all_steps:,} steps, "
            f"{near} configurations within one standard error"
        )
        search = ["sweep=tpe", f"sweep.pruner={arguments.pruner}", f"sweep.trials={arguments.trials}"]
        fractions, reached = [], []
        for seed in range(1, arguments.seeds + 1):
            runs = sweep(folder, f"search{seed}", arguments.size, [*search, f"sweep.sampler_seed={seed}"])
            fractions.append(steps(runs) / all_steps)
            reached.append(best(runs) >= highest - error)
            states = Counter(run.status()["state"] for run in runs)
            print(
                f"sampler seed {seed}: accuracy {best(runs):.4f}, {'reached' if reached[-1] else 'missed'}, "
                f"{100 * fractions[-1]:.0f} % of the steps, {states['done']} runs done, {states['pruned']} pruned",
                flush=True,
            )
    print(f"tpe with {arguments.pruner}, {arguments.trials} trials: {sum(reached)} of {len(reached)} reached it")
    mean = 100 * statistics.mean(fractions)
    print(f"mean fraction of the steps {mean:.0f} %, target at most {100 * TARGET_FRACTION:.0f} %")


if __name__ == "__main__":
    main()
