"""Hands the commands what is hostile or damaged: is anything executed, written outside, leaked, or silently wrong?

    python benchmarks/hostile.py [--damages 1000] [--seed 1]

Damages: a completed run, an interrupted run, a grid, a search and the cache are made once. Then, as often as asked for,
one of them is copied, a random file of the copy is truncated, emptied, zeroed in part, made unreadable, replaced by that
of another run, or has one bit flipped, and the commands that read it are run. A damage is `detected` if a command ends with
one message that names a file, or the cache entry is made again with a line; `harmless` if every number is what it was
without damage; `silent` if one is not; a `traceback` is one of an exception that is not a message.
"""

import argparse
import contextlib
import io
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.storage.damages import KINDS
from tunesmith import cli

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
GRID = ["-m", "seed=1,2", "hydra/launcher=local", "hydra.launcher.n_jobs=1"]
SEARCH = ["-m", "optimizer.lr=interval(1e-4,1e-3)", "sweep=random", "sweep.trials=2", *GRID[2:]]


def call(*words: str) -> tuple[int, str, str]:
    """Exit status, output and errors of a command in this process; status 99 stands for an exception."""
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            status = cli.run(list(words))
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            status = 99
    return status, output.getvalue(), errors.getvalue()


def numbers(folder: Path) -> dict[str, bytes]:
    """The files below a folder whose content is a result."""
    names = ("metrics.json", "results.csv", "model.safetensors", "head.safetensors", "metrics.csv", "predictions.jsonl")
    found = {str(file.relative_to(folder)): file.read_bytes() for name in names for file in folder.rglob(name)}
    return {
        name: b"\n".join(line.rsplit(b",", 2)[0] for line in content.split(b"\n")) if "results.csv" in name else content
        for name, content in found.items()
    }


def use(*, run: str) -> list[list[str]]:
    """Every command that reads a completed run."""
    return [
        ["evaluate", f"run={run}", "output=out/evaluated"],
        ["predict", f"run={run}", "input=texts.txt", "output=out/predictions.jsonl"],
        ["export", f"run={run}", "output=out/exported"],
        ["report", "runs"],
        ["train", *TINY],
    ]


class Subject:
    """What is damaged, the commands that read it, and what they give without damage.

    Args:
        name: of the kind.
        place: a working folder with everything in it.
        folder: in it, whose files are damaged.
        commands: run in a copy of the place.
    """

    def __init__(self, name: str, place: Path, folder: str, commands: list[list[str]]) -> None:
        self.name, self.place, self.folder, self.commands = name, place, folder, commands
        self.expected, self.printed = self._results(place)

    def files(self) -> list[str]:
        found = [file for file in (self.place / self.folder).rglob("*") if file.is_file() and file.stat().st_size]
        return sorted(str(file.relative_to(self.place)) for file in found)

    def _results(self, place: Path) -> tuple[dict[str, bytes], list[str]]:
        return self.after(place, lambda copy: None)[1:]

    def after(self, place: Path, damage: Callable[[Path], None]) -> tuple[str, dict[str, bytes], list[str]]:
        """Run the commands in a damaged copy: the worst that was seen, and the results."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "copy")
            shutil.copytree(place, copy, symlinks=True)
            damage(copy)
            here = Path.cwd()
            os.chdir(copy)
            os.environ["TUNESMITH_CACHE"] = str(copy / "cache")
            Path("resumed").touch()
            noticed, printed = "", []
            try:
                for words in self.commands:
                    status, output, errors = call(*words)
                    if (status not in (0, 2) and "Traceback" in errors + output) or status == 99:
                        return f"traceback: {' '.join(words[:2])}: {errors.strip().splitlines()[-1]}", {}, []
                    if status:
                        noticed = errors.strip() or output.strip()
                    if "damaged" in output + errors or "corrupted" in output + errors:
                        noticed = output + errors
                    printed.append(output)
                return noticed, numbers(copy), printed
            finally:
                os.chdir(here)


def subjects(base: Path) -> list[Subject]:
    """A completed run, an interrupted run, a grid, a search and the cache, each in a folder of its own."""
    place = base / "place"
    place.mkdir()
    os.chdir(place)
    os.environ |= {"TUNESMITH_CACHE": str(place / "cache"), "TUNESMITH_PLUGINS": "hostile_stop"}
    (place / "texts.txt").write_text("a wonderful film\na dull book\n")
    (place / "out").mkdir()
    assert call("train", *TINY)[0] == 0
    (run,) = (str(file.parent.relative_to(place)) for file in place.rglob("metrics.json"))
    found = [
        Subject("completed run", place, run, use(run=run)),
        Subject("cache", place, "cache", [["train", *TINY, "name=again"]]),
    ]
    resumed = base / "resumed"
    shutil.copytree(place, resumed)
    os.chdir(resumed)
    shutil.rmtree("runs")
    assert call("train", *TINY, CALLBACK)[0] == 1
    found.append(Subject("interrupted run", resumed, "runs", [["train", *TINY, CALLBACK]]))
    for name, words in (("grid", GRID), ("search", SEARCH)):
        swept = base / name
        shutil.copytree(place, swept)
        os.chdir(swept)
        shutil.rmtree("runs")
        assert call("train", *TINY, *words)[0] == 0
        found.append(Subject(name, swept, "runs", [["train", *TINY, *words], ["report", "runs"]]))
    return found


def other_runs(file: Path, chance: random.Random, others: list[Path]) -> bool:
    """Replace a file by that of the same name in another run; whether there is one."""
    same = [other for other in others if other.name == file.name and other.read_bytes() != file.read_bytes()]
    if same:
        shutil.copyfile(chance.choice(same), file)
    return bool(same)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--damages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="a subject")
    options = parser.parse_args()
    chance, started = random.Random(options.seed), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "plugins").mkdir()
        (base / "plugins/hostile_stop.py").write_text(STOP)
        sys.path.insert(0, str(base / "plugins"))
        made = subjects(base)
        os.chdir(base / "place")
        call("train", *TINY, "seed=7", "output_dir=../other")
        others = [file for file in (base / "other").rglob("*") if file.is_file()]
        counts: Counter[tuple[str, str]] = Counter()
        for number in range(options.damages):
            subject = chance.choice([one for one in made if options.only in (None, one.name)])
            name, kind = chance.choice(subject.files()), chance.choice([*KINDS, None])

            def damage(copy: Path) -> None:
                if kind is None and other_runs(copy / name, chance, others):
                    return
                (kind or chance.choice(KINDS))(copy / name, chance)

            seen, results, printed = subject.after(subject.place, damage)
            outcome = seen.partition(":")[0] if seen.startswith("traceback") else "detected" if seen else ""
            if not outcome:
                same = all(results.get(key) == value for key, value in subject.expected.items() if key != name)
                outcome = "harmless" if same else "silent"
            counts[subject.name, outcome] += 1
            if outcome in ("traceback", "silent"):
                what = kind.__name__ if kind else "another run's"
                print(f"{number}: {outcome}: {subject.name}: {name} {what}: {seen}", flush=True)
        for (name, outcome), count in sorted(counts.items()):
            print(f"{name:<16} {outcome:<10} {count:>5}")
    print(
        json.dumps(
            {
                outcome: sum(n for (_, o), n in counts.items() if o == outcome)
                for outcome in ("detected", "harmless", "silent", "traceback")
            }
        )
    )
    print(f"{options.damages} damages in {time.monotonic() - started:.0f} s")
    return 1 if any(outcome in ("silent", "traceback") for _, outcome in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
