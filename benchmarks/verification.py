"""What verifying the files of a run costs: loading a model of BERT-base's size with digests, and without them.

    python benchmarks/verification.py [--repetitions 15]

A run of one step is made. Its model is loaded alternately as it is, and with digests.json out of the way, as a run of an
earlier version is; the ratio of the medians is printed. The files are in the page cache in both cases.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from tunesmith.configuration.checks.check import check
from tunesmith.configuration.compose import compose
from tunesmith.runs.folder import RunFolder
from tunesmith.storage.verified_folder import FILE
from tunesmith.training.saved_model import load
from tunesmith.training.train import train

SIZE = ["backbone.width=768", "backbone.layers=12", "backbone.heads=12", "backbone.vocabulary=2000"]
SHORT = [
    "dataset.size=64",
    "dataset.batch_size=2",
    "dataset.max_length=16",
    "trainer.max_steps=1",
    "trainer.max_epochs=1",
]
SHORT += ["trainer.accelerator=cpu", "trainer.progress_bar=false", "callbacks=[]"]


def seconds(run: RunFolder) -> float:
    started = time.perf_counter()
    load(run, run.config())
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TUNESMITH_CACHE"] = f"{folder}/cache"
        config = compose([*SIZE, *SHORT, f"output_dir={folder}/runs"])
        check(config)
        run = train(config)
        digests, away = run.path / FILE, Path(folder, FILE)
        times: dict[str, list[float]] = {"verified": [], "not verified": []}
        seconds(run)
        for _ in range(options.repetitions):
            times["verified"].append(seconds(run))
            digests.rename(away)
            times["not verified"].append(seconds(run))
            away.rename(digests)
        size = sum(file.stat().st_size for file in run.model.iterdir())
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"model/ of {size / 1e6:.0f} MB: " + ", ".join(f"{name} {value:.3f} s" for name, value in medians.items()))
    print(f"ratio of the medians {medians['verified'] / medians['not verified']:.3f}")


if __name__ == "__main__":
    main()
