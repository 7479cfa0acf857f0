"""What a W&B server that accepts connections and never answers, or stops answering, costs a run of about a minute.

    python benchmarks/silent_server.py [--repeats 3] [--epochs 12]

The same run with csv alone, with W&B online at a server that is silent from the start, and at one that falls silent once training
has begun; they take turns, each in a process of its own. Prints seconds of training (from train.log) and of the whole command, as
medians, and their ratios to csv alone.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

# ruff: noqa: E402  the path comes first
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.loggers.wandb_server import Server

TIMEOUT_SECONDS = 5
ONLINE = ["logger=wandb", "logger.wandb.mode=online", f"logger.wandb.timeout_seconds={TIMEOUT_SECONDS}"]
SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600}


def trained(log):
    """Seconds from `trained for 1 min 2.3 s`."""
    text = re.findall(r"trained for (.+)", log)[-1]
    return sum(float(number) * SECONDS[unit] for number, unit in re.findall(r"([\d.]+) (ms|s|min|h)", text))


def fall_silent(server, log):
    """Once the first epoch is over."""
    while not (log.is_file() and "epoch 1/" in log.read_text()):
        time.sleep(0.1)
    server.mode = "silent"


def seconds(words, epochs, mode):
    with tempfile.TemporaryDirectory() as folder, Server("silent" if mode == "silent" else "healthy") as server:
        command = [
            sys.executable,
            "-m",
            "tunesmith",
            "train",
            "dataset.size=4000",
            *words,
            f"trainer.max_epochs={epochs}",
            f"output_dir={folder}",
        ]
        environment = {**os.environ, "WANDB_BASE_URL": server.address, "WANDB_API_KEY": "0123456789" * 4}
        environment.pop("WANDB_MODE", None)
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
        )
        if mode == "falls silent":

            def watch():
                while process.poll() is None:
                    if logs := list(Path(folder).rglob("train.log")):
                        fall_silent(server, logs[0])
                        return
                    time.sleep(0.1)

            threading.Thread(target=watch, daemon=True).start()
        printed, _ = process.communicate()
        whole = time.perf_counter() - started
        assert process.returncode == 0, printed
        log = next(Path(folder).rglob("train.log")).read_text()
    return trained(log), whole


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=12)
    arguments = parser.parse_args()
    cases = {"csv": ["logger=csv"], "silent": ONLINE, "falls silent": ONLINE}
    times = {name: [] for name in cases}
    for _ in range(arguments.repeats):
        for name, words in cases.items():
            times[name].append(seconds(words, arguments.epochs, name))
            print(f"{name}: trained {times[name][-1][0]:.1f} s, command {times[name][-1][1]:.1f} s", flush=True)
    medians = {name: [statistics.median(part) for part in zip(*found, strict=True)] for name, found in times.items()}
    for name, (fit, whole) in medians.items():
        base_fit, base_whole = medians["csv"]
        print(
            f"{name:<14} training {fit:6.1f} s ({fit / base_fit:.3f})  command {whole:6.1f} s (+{whole - base_whole:.1f} s)"
        )


if __name__ == "__main__":
    main()
