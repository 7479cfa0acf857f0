"""Wall time of the light commands, of the heavy imports alone, and from command to first training step.

python benchmarks/startup.py [--repeats 7]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time

COMMANDS = {
    "tunesmith --help": ["-m", "tunesmith", "--help"],
    "tunesmith check, of a wrong config": ["-m", "tunesmith", "check", "head=span"],
    "tunesmith check, with the parameter groups": ["-m", "tunesmith", "check"],
    "tunesmith train --cfg job": ["-m", "tunesmith", "train", "--cfg", "job"],
    "import torch, pytorch_lightning, transformers": ["-c", "import torch, pytorch_lightning, transformers"],
}


FIRST_STEP = """
import os, sys
from torch.optim.optimizer import register_optimizer_step_post_hook
register_optimizer_step_post_hook(lambda *_: os._exit(0))
from tunesmith.cli import main
main()
"""


def seconds(words: list[str], folder: str) -> float:
    started = time.perf_counter()
    found = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True)
    assert found.returncode == (2 if "head=span" in words else 0), found.stderr.decode()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        settings = ["train", "trainer.max_steps=1", "trainer.progress_bar=false", "dataset.size=200"]
        commands = COMMANDS | {
            "tunesmith train, to the first training step": ["-c", FIRST_STEP, *settings],
            "tunesmith train, one step, scored and saved": ["-m", "tunesmith", *settings],
        }
        seconds(["-m", "tunesmith", *settings], folder)  # fills the caches
        times = {name: [] for name in commands}
        for _ in range(repeats):
            for name, words in commands.items():
                times[name].append(seconds(words, folder))
    for name, values in times.items():
        print(f"{name:<46} {statistics.median(values):6.2f} s")


if __name__ == "__main__":
    main()
