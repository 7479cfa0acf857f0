"""Helpers for tests of sweeps and reports: commands, and runs that look finished without any training."""

import contextlib
import csv
import io
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import TINY, checked
from tunesmith import cli
from tunesmith.configuration import saved
from tunesmith.runs.folder import RunFolder

REPOSITORY = Path(__file__).parents[2]


class Terminal(io.StringIO):
    """A stream that looks like a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Called:
    """The exit status and output of a command."""

    status: int
    output: str
    errors: str


def call(*words) -> Called:
    """Run a command in this process, whose fork server later sweeps reuse."""
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(io.StringIO()) as errors:
        status = cli.run([str(word) for word in words])
    return Called(status, output.getvalue(), errors.getvalue())


def sweep(*words) -> Called:
    return call("train", "-m", *TINY, *words)


def start(*words, cwd=REPOSITORY, **variables) -> subprocess.Popen:
    """Start a command in a process group of its own, as a terminal does, with further environment variables."""
    environment = os.environ | variables | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src")])}
    return subprocess.Popen(
        [sys.executable, "-m", "tunesmith", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cwd,
        env=environment,
        start_new_session=True,
    )


def until(condition, *, seconds=300):
    """Wait for a condition that another process fulfils."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.02)
    return value


def config_of(*words):
    """A checked config of a tiny run."""
    return checked([*TINY, *words])


def finish(config, scores, *, seconds=1.0) -> RunFolder:
    """A run that looks finished."""
    run = end(config, "done")
    run.write_json("manifest.json", {"seconds": seconds, "steps": 3, "model": {"parameters": 10}})
    run.write_json("metrics.json", scores)
    return run


def end(config, state, **details) -> RunFolder:
    """A run that looks as if it had ended."""
    run = RunFolder.of(config)
    run.write_text("config.yaml", saved.to_yaml(config))
    run.set_state(state, **details)
    return run


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def folder_of(output_dir: Path) -> Path:
    """The folder of the only sweep in an output folder."""
    (folder,) = (output_dir / "sweeps").iterdir()
    return folder
