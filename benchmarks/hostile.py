"""Hands the commands what is hostile or damaged: is anything executed, written outside, leaked, or silently wrong?

    python benchmarks/hostile.py [--damages 1000] [--seed 1] [--workers 2] [--only NAME] [--no-attacks]

Attacks: those of `tests/attacks`, each in a process of its own, with a payload that only creates a file.

Damages: a completed run, an interrupted run, a grid, a search and the cache are made once. Then, as often as asked for,
one of them is copied, a random file of the copy is truncated, emptied, zeroed in part, replaced by that of another run or
by a folder, which nobody can read, or has one bit flipped; and the commands that read it are run. A damage is `detected`
if a message names it, or the cache entry is made again with a line; `harmless` if every number is what it was without
damage; `silent` if one is not; a `traceback` is an exception that is no message. Exit status 1 if anything is executed,
written outside, leaked, silent or a traceback.

"Intel oneMKL FATAL ERROR: Cannot load libtorch_cpu.so" is no result: a sweep that had nothing left to train has ended, and
the worker process that it had begun to prepare cannot load PyTorch from a working folder that is already removed.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# ruff: noqa: E402  the environment and the path come first
ROOT = Path(__file__).parents[1]
os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "WANDB_MODE": "offline"}
sys.path.insert(0, str(ROOT))

from tests import attacks
from tests.attacks import execution, places
from tests.storage.damages import KINDS
from tunesmith import cli
from tunesmith.sweeps import preload  # noqa: F401  the libraries, once for all processes

TINY = ["dataset.size=64", "dataset.batch_size=16", "backbone.width=16", "backbone.layers=1", "trainer.max_epochs=2"]
TINY += ["trainer.accelerator=cpu", "trainer.progress_bar=false", "trainer.log_every_n_steps=1", "output_dir=runs"]
TINY += ["callbacks.checkpoint.every_n_steps=2"]
STOP = """
import os, signal
import pytorch_lightning as pl

class Stop(pl.Callback):
    def on_train_batch_end(self, trainer, *arguments):
        if trainer.global_step == 5 and not os.path.exists("resumed"):
            os.kill(os.getpid(), signal.SIGTERM)

def stop(folder, monitor, mode):
    return Stop()
"""
CALLBACK = "+callbacks.stop={_target_: hostile_stop.stop}"
LAUNCHER = ["hydra/launcher=local", "hydra.launcher.n_jobs=1"]
GRID = ["train", "-m", *TINY, "seed=1,2", *LAUNCHER]
SEARCH = ["train", "-m", *TINY, "optimizer.lr=interval(1e-4,1e-3)", "sweep=random", "sweep.trials=2", *LAUNCHER]
RESULTS = ("metrics.json", "metrics.csv", "results.csv", "model.safetensors", "head.safetensors", "predictions.jsonl")
SECONDS = 120  # for an attack or a damage
FORK = multiprocessing.get_context("fork")


def call(words: list[str], *, own_process: bool = False) -> tuple[int, str]:
    """Exit status and output of a command in the working folder; status 99 stands for an exception."""
    with tempfile.TemporaryFile("w+") as output:
        if own_process:
            command = [sys.executable, "-m", "tunesmith", *words]
            status = subprocess.run(command, stdout=output, stderr=output).returncode
        else:
            saved = sys.stdout, sys.stderr
            sys.stdout = sys.stderr = output
            try:
                status = cli.run(words)
            except BaseException:
                traceback.print_exc()
                status = 99
            finally:
                sys.stdout, sys.stderr = saved
        output.seek(0)
        return status, output.read()


def in_processes(tasks: Iterable[Callable[[], object]], *, workers: int) -> Iterable[tuple[int, object]]:
    """The number and the value of each task, in the order in which they end; None if it took too long or died."""
    running: dict[int, tuple[multiprocessing.Process, object, float]] = {}
    waiting = enumerate(tasks)
    finished = False
    while running or not finished:
        while not finished and len(running) < workers:
            number, task = next(waiting, (-1, None))
            if task is None:
                finished = True
                break
            receiver, sender = FORK.Pipe(duplex=False)
            process = FORK.Process(target=_run, args=(task, sender))
            process.start()
            sender.close()
            running[number] = process, receiver, time.monotonic()
        for number, (process, receiver, started) in list(running.items()):
            late = time.monotonic() - started > SECONDS
            if receiver.poll(0.01) or not process.is_alive() or late:
                try:
                    value = receiver.recv() if receiver.poll() else None
                except EOFError:
                    value = None
                if late:
                    os.killpg(process.pid, signal.SIGKILL)
                process.join()
                del running[number]
                yield number, value


@contextlib.contextmanager
def new_folder() -> Iterator[Path]:
    """A temporary folder; afterwards, the working folder is one that exists."""
    with tempfile.TemporaryDirectory() as name:
        try:
            yield Path(name)
        finally:
            os.chdir(ROOT)


def _run(task: Callable[[], object], sender: object) -> None:
    os.setpgid(0, 0)
    sender.send(task())


# Attacks.


def executed(attack: attacks.Attack) -> list[str]:
    """What is wrong after an attack that tries to run code."""
    with new_folder() as folder:
        words = attack.arguments(folder)
        os.chdir(folder)
        sys.path.insert(0, "")  # as in a process that `python -c` has started
        os.environ["TUNESMITH_CACHE"] = str(folder / "cache")
        if attack.own_process:
            os.environ["PYTHONPATH"] = str(ROOT / "src")
        status, output = call(words, own_process=attack.own_process)
        found = ["executed"] if (folder / execution.MARKER).exists() else []
        found += ["a traceback"] if "Traceback" in output or status == 99 else []
        return found


def led_outside(attack: attacks.Attack) -> list[str]:
    """What is wrong after an attack on places, secrets, the terminal, time or memory."""
    with new_folder() as folder:
        attacks.prepare(folder)
        words = attack.arguments(folder)
        os.chdir(folder / "work")
        os.environ |= attacks.environment(folder) | {"TUNESMITH_CACHE": str(folder / "cache")}
        status, output = call(words)
        return attacks.problems(folder, attack, status=status, output=output)


def run_attacks(workers: int) -> int:
    every = [(attack, executed) for attack in execution.ATTACKS] + [(attack, led_outside) for attack in places.ATTACKS]
    failed = 0
    for number, found in in_processes(
        (lambda a=attack, f=function: f(a) for attack, function in every), workers=workers
    ):
        if found is None or found:
            failed += 1
            print(
                f"{every[number][0].name}: {'too long, or the process died' if found is None else ', '.join(found)}",
                flush=True,
            )
    print(
        f"{len(execution.ATTACKS)} attacks on execution, {len(places.ATTACKS)} on places, secrets and limits: {failed} succeeded"
    )
    return failed


# Damages.


@dataclass
class Subject:
    """What is damaged, and the commands that read it.

    Attributes:
        name: of the kind.
        place: a working folder with everything in it.
        folder: in it, whose files are damaged.
        commands: run in a copy of the place.
        expected: the results without damage.
    """

    name: str
    place: Path
    folder: str
    commands: list[list[str]]
    expected: dict[str, bytes]

    def files(self) -> list[str]:
        found = [file for file in (self.place / self.folder).rglob("*") if file.is_file() and file.stat().st_size]
        return sorted(str(file.relative_to(self.place)) for file in found if not file.is_symlink())


def results(folder: Path) -> dict[str, bytes]:
    """The files whose content is a result; in a table of results without its run times."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.name in RESULTS and "cache" not in file.relative_to(folder).parts:
            content = file.read_bytes() if file.is_file() else b""
            if file.name == "results.csv":
                content = b"\n".join(line.rsplit(b",", 2)[0] for line in content.split(b"\n"))
            found[str(file.relative_to(folder))] = content
    return found


def after(place: Path, commands: list[list[str]], damage: Callable[[Path], None]) -> tuple[str, dict[str, bytes]]:
    """Run the commands in a damaged copy: the message, or the traceback, that was printed; and the results."""
    with new_folder() as folder:
        copy = folder / "copy"
        shutil.copytree(place, copy, symlinks=True)
        damage(copy)
        os.chdir(copy)
        os.environ["TUNESMITH_CACHE"] = str(copy / "cache")
        noticed = ""
        for words in commands:
            status, output = call(words)
            if status == 99 or "Traceback" in output:
                return f"traceback of {' '.join(words[:2])}: {' | '.join(output.strip().splitlines()[-4:])}", {}
            if status or "damaged" in output or "corrupted" in output:
                noticed = output
        return noticed, results(copy)


def made(base: Path) -> list[Subject]:
    """A completed run, an interrupted run, a grid, a search and the cache, each in a folder of its own."""

    def fresh(name: str, words: list[str], status: int) -> Path:
        place = base / name
        place.mkdir()
        os.chdir(place)
        os.environ["TUNESMITH_CACHE"] = str(place / "cache")
        Path("texts.txt").write_text("a wonderful film\na dull book\n")
        found, output = call(words)
        assert found == status, output
        Path("resumed").touch()
        return place

    whole = fresh("completed", ["train", *TINY], 0)
    (run,) = (str(file.parent.relative_to(whole)) for file in (whole / "runs").rglob("metrics.json"))
    reading = [
        ["evaluate", f"run={run}", "output=evaluated"],
        ["predict", f"run={run}", "input=texts.txt", "output=predictions.jsonl"],
    ]
    reading += [["export", f"run={run}", "output=exported"], ["report", "runs"], ["train", *TINY]]
    subjects = [("completed run", whole, "runs", reading), ("cache", whole, "cache", [["train", *TINY, "name=again"]])]
    cut = fresh("interrupted", ["train", *TINY, CALLBACK], 1)
    subjects.append(("interrupted run", cut, "runs", [["train", *TINY, CALLBACK]]))
    for name, words in (("grid", GRID), ("search", SEARCH)):
        subjects.append((name, fresh(name, words, 0), "runs", [words, ["report", "runs"]]))
    fresh("other", ["train", *TINY, "seed=7"], 0)
    return [Subject(*parts, after(parts[1], parts[3], lambda copy: None)[1]) for parts in subjects]


def outcome(subject: Subject, name: str, kind: Callable | None, others: list[Path], seed: int) -> tuple[str, str]:
    """`detected`, `harmless`, `silent` or `traceback`, and what was printed."""
    chance = random.Random(seed)

    def damage(copy: Path) -> None:
        file = copy / name
        if kind is None:
            shutil.copyfile(chance.choice(others), file)
        else:
            kind(file, chance)

    printed, found = after(subject.place, subject.commands, damage)
    if printed.startswith("traceback"):
        return "traceback", printed
    if printed:
        return "detected", printed
    changed = [key for key, value in subject.expected.items() if found.get(key) != value and key != name]
    return ("silent" if changed else "harmless"), ", ".join(changed)


def run_damages(number: int, seed: int, workers: int, only: str | None) -> int:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "plugins").mkdir()
        (base / "plugins/hostile_stop.py").write_text(STOP)
        sys.path.insert(0, str(base / "plugins"))
        os.environ |= {"TUNESMITH_PLUGINS": "hostile_stop", "PYTHONPATH": f"{base / 'plugins'}:{ROOT / 'src'}"}
        ((_, subjects),) = in_processes([lambda: made(base)], workers=1)
        assert subjects is not None, "the runs to damage could not be made"
        strange = [file for file in (base / "other/runs").rglob("*") if file.is_file()]
        chance, cases = random.Random(seed), []
        for _ in range(number):
            subject = chance.choice([one for one in subjects if only in (None, one.name)])
            name = chance.choice(subject.files())
            others = [file for file in strange if file.name == Path(name).name]
            kind = chance.choice([*KINDS, None] if others else KINDS)
            cases.append((subject, name, kind, others, chance.randrange(2**32)))
        counts: Counter[tuple[str, str]] = Counter()
        for place, found in in_processes((lambda c=case: outcome(*c) for case in cases), workers=workers):
            subject, name, kind, *_ = cases[place]
            what, printed = found if found is not None else ("traceback", "too long, or the process died")
            counts[subject.name, what] += 1
            if what in ("silent", "traceback"):
                print(
                    f"{what}: {subject.name}: {name} {kind.__name__ if kind else 'of another run'}: {printed}",
                    flush=True,
                )
    kinds = ("detected", "harmless", "silent", "traceback")
    print(f"{'damages':<16}" + "".join(f"{kind:>11}" for kind in kinds))
    for subject in subjects:
        print(f"{subject.name:<16}" + "".join(f"{counts[subject.name, kind]:>11}" for kind in kinds))
    return sum(count for (_, kind), count in counts.items() if kind in ("silent", "traceback"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--damages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", help="a kind of what is damaged, such as 'search'")
    parser.add_argument("--attacks", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    started = time.monotonic()
    failed = run_attacks(options.workers) if options.attacks else 0
    failed += run_damages(options.damages, options.seed, options.workers, options.only)
    print(json.dumps({"failed": failed, "seconds": round(time.monotonic() - started)}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
