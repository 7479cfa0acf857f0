"""Injects random faults into the jobs of sweeps: are other jobs affected, is anything run twice, are the weights equal?

    python benchmarks/faults.py [--injections 200] [--jobs 50] [--seed 1]

A sweep of tiny jobs is run with one fault in most of them; the same command is run again with faults in most of the
remaining jobs, until all jobs have completed. Exceptions and `os._exit` come from a user-defined callback, at a random
hook; SIGKILL, SIGTERM and a full disk come from outside, at a random time during the job; the newest checkpoint is
truncated, or has a bit flipped, between two commands. Each run's folder is a small tmpfs, which is shrunk to slightly
more than its content to simulate a full disk; where nothing can be mounted, the callback sets RLIMIT_FSIZE. At the end
each run is compared, byte by byte, with the same run of a sweep without faults.
"""

import argparse
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tunesmith.runs.folder import RunFolder
from tunesmith.sweeps.folder import SweepFolder

JOB = ["dataset.size=96", "dataset.batch_size=16", "backbone.width=32", "trainer.max_epochs=2"]  # 12 steps
JOB += ["callbacks.checkpoint.every_n_steps=2", "trainer.accelerator=cpu", "trainer.log_every_n_steps=2"]
JOB += ["+callbacks.fault={_target_: tunesmith_faults.fault}", "hydra/launcher=local", "hydra.launcher.n_jobs=2"]
KINDS = ("exception", "os._exit", "SIGKILL", "SIGTERM", "full disk", "damaged checkpoint")
FRACTION = 0.75  # of the remaining jobs that get a fault in each command
FEW = 4  # remaining jobs that are left to complete without faults
COMPARED = (
    "model/model.safetensors",
    "model/head.safetensors",
    "metrics.json",
    "metrics.csv",
    "predictions/test.jsonl",
)
EVENTS = 110  # approximate number of hooks that a complete run calls
ROOM = 64 << 20  # bytes of a disk that is not full

# An order is a file with the name of the run: the fault, the hook call at which it occurs, and a file size limit.
FAULTS = """
import os, resource
from pathlib import Path
import pytorch_lightning as pl

class Fault(pl.Callback):
    def __init__(self, name):
        with Path("starts", name).open("a") as file:
            file.write("started\\n")
        self.file, self.left = Path("orders", name), 0
        if self.file.is_file():
            self.kind, left, self.number = self.file.read_text().split()
            self.left = int(left)

    def event(self, *arguments, **settings):
        self.left -= 1
        if self.left == 0:
            self.file.unlink()
            if self.kind == "exception":
                raise RuntimeError("injected")
            if self.kind == "os._exit":
                os._exit(3)
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(self.number), resource.RLIM_INFINITY))

for when in ("fit", "train", "train_epoch", "train_batch", "validation", "validation_batch"):
    setattr(Fault, f"on_{when}_start", Fault.event)
    setattr(Fault, f"on_{when}_end", Fault.event)
for step in ("backward", "optimizer_step", "zero_grad"):
    setattr(Fault, f"on_before_{step}", Fault.event)

def fault(folder, monitor, mode):
    return Fault(folder.name)
"""


class Sweep:
    """One sweep and its faults, in a folder of its own.

    Args:
        place: the folder, in which the command is run.
        jobs: that differ in their seed.
        names: of the runs, `<name>/<run id>`; empty for the sweep without faults.
    """

    def __init__(self, place: Path, jobs: int, names: list[str]) -> None:
        self.place, self.jobs = place, jobs
        for name in ("orders", "starts"):
            (place / name).mkdir(parents=True)
        self.runs = [RunFolder(place / "runs" / name) for name in names]
        self.mounted = [run for run in self.runs if self._mount(run)]
        self.lost: list[str] = []
        self.run_again: list[str] = []
        self.faults = {run: list[str]() for run in self.runs}

    def command(self) -> subprocess.Popen:
        words = [*JOB, f"seed=range(1,{self.jobs + 1})", "output_dir=runs"]
        with (self.place / "sweep.log").open("a") as log:
            command = [sys.executable, "-m", "tunesmith", "train", "-m", *words]
            return subprocess.Popen(command, cwd=self.place, stdout=log, stderr=log)

    def starts(self, run: RunFolder) -> int:
        file = self.place / "starts" / run.path.name
        return len(file.read_text().splitlines()) if file.is_file() else 0

    def round(self, injections: int, seconds: float) -> Counter[str]:
        """Run the command with faults in some jobs; the number of faults that occurred, by kind.

        Args:
            injections: maximum number of faults.
            seconds: duration of a job.
        """
        left = [run for run in self.runs if not run.completed]
        starts = {run: self.starts(run) for run in self.runs}
        ended = {run: self._end(run) for run in self.runs if run.completed}
        few = 0 if len(left) <= FEW else min(injections, round(FRACTION * len(left)))
        injected = {run: random.choice(KINDS) for run in random.sample(left, few)}
        outside: dict[RunFolder, tuple[str, float]] = {}
        for run, kind in injected.items():
            if kind == "damaged checkpoint" and not self._damage(run):
                injected[run] = kind = random.choice(KINDS[:-1])
            if kind in ("SIGKILL", "SIGTERM") or (kind == "full disk" and run in self.mounted):
                outside[run] = kind, random.uniform(0, seconds)
            elif kind != "damaged checkpoint":
                order = f"{kind.replace(' ', '_')} {random.randint(1, EVENTS)} {random.randint(0, 500_000)}"
                (self.place / "orders" / run.path.name).write_text(order)
        hit = self._inject_from_outside(self.command(), outside)

        for run in self.mounted:
            self._room(run, ROOM)
        self.lost += [str(run.path) for run in left if run not in injected and not run.completed]
        again = [run for run, end in ended.items() if self._end(run) != end]
        again += [run for run in self.runs if self.starts(run) > starts[run] + (run in left)]
        self.run_again += [str(run.path) for run in again]
        for run, kind in injected.items():
            order = self.place / "orders" / run.path.name
            if run not in outside and not order.is_file():
                hit.add(run)
            order.unlink(missing_ok=True)
            if kind == "full disk" and run.completed:  # the remaining writes were small enough
                hit.discard(run)
            if run not in hit and not run.completed:  # the fault never occurred, and yet the job has not completed
                self.lost.append(str(run.path))
            if run in hit:
                self.faults[run].append(kind)
        return Counter(kind for run, kind in injected.items() if run in hit)

    def _inject_from_outside(
        self, process: subprocess.Popen, orders: dict[RunFolder, tuple[str, float]]
    ) -> set[RunFolder]:
        before = {run: run.status().get("pid") for run in orders}
        seen, hit = dict[RunFolder, float](), set[RunFolder]()
        while process.poll() is None:
            for run, (kind, delay) in orders.items():
                status = run.status() if run not in hit else {}
                if status.get("state") != "running" or status["pid"] == before[run]:
                    continue
                if time.monotonic() < seen.setdefault(run, time.monotonic()) + delay:
                    continue
                if kind != "full disk":
                    os.kill(status["pid"], signal.Signals[kind])
                elif not self._room(run, shutil.disk_usage(run.path).used + random.randint(4096, 1 << 20)):
                    continue  # the job has just written more than that
                hit.add(run)
            time.sleep(0.003)
        return hit

    def _damage(self, run: RunFolder) -> bool:
        """Truncate the newest checkpoint, or flip one bit; false if there is none."""
        states = sorted((run.path / "checkpoints").glob("state-*.ckpt"))
        if not states:
            return False
        content = bytearray(states[-1].read_bytes())
        place = random.randrange(len(content))
        if random.random() < 0.5:
            del content[place:]
        else:
            content[place] ^= 1 << random.randrange(8)
        states[-1].write_bytes(content)
        return True

    def _end(self, run: RunFolder) -> tuple[int, int]:
        facts = (run.path / "metrics.json").stat()
        return facts.st_ino, facts.st_mtime_ns

    def _mount(self, run: RunFolder) -> bool:
        run.path.mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(run.path)]
        return subprocess.run(mount, capture_output=True).returncode == 0

    def _room(self, run: RunFolder, size: int) -> bool:
        command = ["mount", "-o", f"remount,size={size}", str(run.path)]
        return subprocess.run(command, capture_output=True).returncode == 0

    def unmount(self) -> None:
        for run in self.mounted:
            subprocess.run(["umount", "--lazy", str(run.path)], check=False)


def reference(place: Path, jobs: int) -> dict[str, RunFolder]:
    """The runs of a sweep without faults."""
    sweep = Sweep(place, jobs, [])
    if sweep.command().wait():
        raise SystemExit((place / "sweep.log").read_text())
    (folder,) = (place / "runs" / "sweeps").iterdir()
    records = SweepFolder(folder).read()["jobs"]
    return {record["run"].partition("/")[2]: RunFolder(place / record["run"]) for record in records}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--injections", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    faults, rounds, sweeps = Counter[str](), 0, 0
    lost, run_again, weights, others = [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plugin/tunesmith_faults").mkdir(parents=True)
        (folder / "plugin/tunesmith_faults/__init__.py").write_text(FAULTS)
        os.environ |= {
            "TUNESMITH_CACHE": str(folder / "cache"),
            "TUNESMITH_PLUGINS": "tunesmith_faults",
            "PYTHONPATH": str(folder / "plugin"),
        }
        whole = reference(folder / "whole", arguments.jobs)
        seconds = statistics.median(run.read_json("manifest.json")["seconds"] for run in whole.values())
        while faults.total() < arguments.injections:
            sweeps += 1
            sweep = Sweep(folder / f"sweep{sweeps}", arguments.jobs, list(whole))
            try:
                while not all(run.completed for run in sweep.runs):
                    hit = sweep.round(arguments.injections - faults.total(), seconds)
                    faults, rounds = faults + hit, rounds + 1
                    left = sum(not run.completed for run in sweep.runs)
                    print(f"sweep {sweeps}: {hit.total()} faults, {left} jobs remaining", flush=True)
                lost, run_again = lost + sweep.lost, run_again + sweep.run_again
                for run, other in zip(sweep.runs, whole.values(), strict=True):
                    for file in COMPARED:
                        if (run.path / file).read_bytes() != (other.path / file).read_bytes():
                            found = weights if file.endswith(".safetensors") else others
                            found.append(f"{run.path.name}/{file} after {', '.join(sweep.faults[run])}")
            finally:
                sweep.unmount()
    print(f"{faults.total()} faults in {rounds} commands over {sweeps} sweeps of {arguments.jobs} jobs")
    for kind in KINDS:
        print(f"  {kind:<20}{faults[kind]:4}")
    found = {"other jobs lost": lost, "completed runs run again": run_again}
    found |= {"files with other weights": weights, "other files that differ": others}
    for name, places in found.items():
        print(f"{name}: {len(places)}", *places, sep="\n  ")
    if any(found.values()):
        sys.exit("failed")
    print("passed: every run ended with the weights, scores, history and predictions of one without faults")


if __name__ == "__main__":
    main()
