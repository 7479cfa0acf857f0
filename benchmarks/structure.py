"""Sizes of the package's files and functions, and the files that a batch and a config pass in a small run.

    python benchmarks/structure.py

Lengths count all lines of a file, and of a function from its `def` to its end. A file is passed by a batch when a function in
it is entered with a `Batch` among its arguments, during the training steps of one epoch; by a config when one is entered
with the resolved config or a node of it, from the call of `train` to the last score.
"""

import ast
import os
import statistics
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any

import tunesmith

PACKAGE = Path(tunesmith.__file__).parent
WORDS = [
    "dataset.size=64",
    "backbone.width=32",
    "trainer.max_epochs=1",
    "trainer.accelerator=cpu",
    "trainer.progress_bar=false",
]


def sizes() -> None:
    files = {file: len(file.read_text().splitlines()) for file in sorted(PACKAGE.rglob("*.py"))}
    functions = {
        f"{file.relative_to(PACKAGE)}:{node.name}": node.end_lineno - node.lineno + 1
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    print(f"files                   {len(files)}, {sum(files.values()):,} lines")
    for name, lengths in (
        ("file", {str(file.relative_to(PACKAGE)): n for file, n in files.items()}),
        ("function", functions),
    ):
        longest = max(lengths, key=lambda key: lengths[key])
        print(f"{name + ', median':<24}{statistics.median(lengths.values()):g} lines")
        print(f"{name + ', longest':<24}{lengths[longest]} lines ({longest})")
    print(f"files at the top        {len(list(PACKAGE.glob('*.py')))}")


def is_config(value: Any) -> bool:
    return isinstance(value, dict) and (
        "_target_" in value or {"source", "task"} <= value.keys() or {"dataset", "head"} <= value.keys()
    )


def is_batch(value: Any) -> bool:
    return type(value).__name__ == "Batch"


class Route:
    """The files that values of a kind pass, in order, a file once for each time that it is entered from another one."""

    def __init__(self, counts: Any) -> None:
        self.counts, self.files = counts, list[str]()

    def note(self, file: str, arguments: Any) -> None:
        if (not self.files or self.files[-1] != file) and any(map(self.counts, arguments)):
            self.files.append(file)


def routes() -> None:
    from tunesmith import cli

    config, batch = Route(is_config), Route(is_batch)
    called = training = False  # whether `train` was called, and whether its training steps run

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal called, training
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(PACKAGE)):
            file = os.path.relpath(code.co_filename, PACKAGE)
            arguments = [
                frame.f_locals.get(name) for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            ]
            called |= code.co_name == "train" and file.endswith("train.py")
            if called:
                config.note(file, arguments)
            training |= code.co_name == "on_train_start"
            training &= code.co_name != "on_validation_start"
            if training:
                batch.note(file, arguments)

    with tempfile.TemporaryDirectory() as folder:
        os.environ["TUNESMITH_CACHE"] = f"{folder}/cache"
        sys.setprofile(profile)
        cli.run(["train", *WORDS, f"output_dir={folder}"])
        sys.setprofile(None)
    for name, route in (("config", config), ("batch", batch)):
        files = list(dict.fromkeys(route.files))
        print(f"{name + ' passes':<24}{len(files)} files: {', '.join(files)}")
    print(f"{'config, moves':<24}{len(config.files) - 1} from one file to another")


if __name__ == "__main__":
    sizes()
    routes()
