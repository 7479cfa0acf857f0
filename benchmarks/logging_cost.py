"""What logging costs a step beyond metrics.csv, in microseconds, for each logger, and what accumulating the values costs.

    python benchmarks/logging_cost.py [--steps 5000] [--repeats 5]

Each logger gets the values of a run with two penalties and 14 learning rates every 10 steps, as training hands them over. The
loggers take turns in each repetition, and the smallest time of the repetitions is printed, as other programs only add to it: the
time for which training waits, and the part of it for which its thread computes. W&B is offline; its service is another process. MLflow
writes to a database, in a thread of this process that begins it meanwhile: it needs tunesmith[mlflow].
"""

import argparse
import logging
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from tunesmith.data.batch import Batch
from tunesmith.loggers.csv import csv
from tunesmith.loggers.mlflow import mlflow
from tunesmith.loggers.run_description import RunDescription
from tunesmith.loggers.tensorboard import tensorboard
from tunesmith.loggers.wandb import wandb
from tunesmith.training.step_metrics import StepMetrics

EVERY = 10
DESCRIPTION = RunDescription(
    "seed=1", "group", "train", ("demo",), {"seed": 1}, "tunesmith train", "validation/f1", "max"
)
W_AND_B = {"project": "benchmark", "entity": None, "mode": "offline", "tags": [], "timeout_seconds": 30.0}
W_AND_B |= {"worst_errors": 0, "upload_model": False, "upload_patch": False, "upload_report": False}
MLFLOW = {
    "project": "benchmark",
    "tracking_uri": None,
    "timeout_seconds": 30.0,
    "worst_errors": 0,
    "upload_model": False,
}
TERMS = ["loss_head", "penalty_rdrop", "penalty_l2sp"]


def now():
    """Seconds of the clock and of this thread."""
    return np.array([time.perf_counter(), time.thread_time()])


def accumulated(steps):
    """The logged values of each EVERY steps, and the seconds that they cost a step."""
    metrics, one, rows = StepMetrics(TERMS), torch.tensor(0.5), []
    batch = Batch(
        {"input_ids": torch.ones(32, 128, dtype=torch.long), "attention_mask": torch.ones(32, 128, dtype=torch.long)},
        {},
        np.arange(32),
    )
    rates = {f"train/learning_rate/encoder.layer.{layer}": 1e-5 for layer in range(14)}
    started = now()
    for step in range(1, steps + 1):
        metrics.count(batch)
        metrics.add(one, dict.fromkeys(TERMS, one), None)
        if step % EVERY == 0:
            metrics.note_norm("gradient_norm", one)
            rows.append({"epoch": 0.0, "train/learning_rate": 1e-5, **rates, **metrics.read(one.device)})
    return rows, (now() - started) / steps


def seconds_a_step(make, rows):
    with tempfile.TemporaryDirectory() as folder:
        logger = make(Path(folder))
        started = now()
        for number, values in enumerate(rows, 1):
            logger.log_metrics(values, step=number * EVERY)
        found = (now() - started) / (len(rows) * EVERY)
        if hasattr(logger, "close"):
            logger.close("done")
        else:
            logger.finalize("success")
    return found


def of_wandb(folder):
    logger = wandb(folder, {}, 0, **W_AND_B)
    logger.describe(DESCRIPTION)
    return logger


def of_mlflow(folder):
    logger = mlflow(folder, {"output_dir": str(folder)}, 0, **MLFLOW)
    logger.describe(DESCRIPTION)
    return logger


MAKE = {
    "csv": lambda folder: csv(folder, {}, 0),
    "tensorboard": lambda folder: tensorboard(folder, {}, 0),
    "wandb": of_wandb,
    "mlflow": of_mlflow,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    logging.disable()
    times = {"accumulating": [], **{name: [] for name in MAKE}}
    for _ in range(arguments.repeats):
        rows, seconds = accumulated(arguments.steps)
        times["accumulating"].append(seconds)
        for name, make in MAKE.items():
            times[name].append(seconds_a_step(make, rows))
    least = {name: 1e6 * np.min(seconds, axis=0) for name, seconds in times.items()}
    for name, (waiting, computing) in least.items():
        beyond = waiting - least["csv"][0]
        more = f"{beyond:8.1f} us beyond csv, {waiting / least['csv'][0]:.2f} times csv" if name in MAKE else ""
        print(f"{name:<14}{waiting:8.1f} us a step, {computing:.1f} computing {more}")


if __name__ == "__main__":
    main()
