"""Tests run offline, with their own cache."""

import functools
import os
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["WANDB_MODE"] = "offline"
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"  # concurrent test processes would compete for the cores
for name in ("COLUMNS", "LINES"):  # Python's readline sets them for child processes, and lines would be wrapped
    os.environ.pop(name, None)
os.environ.setdefault("TUNESMITH_DATA", "missing")
os.environ.setdefault("TUNESMITH_SAMPLES", "missing")
os.environ.setdefault("TUNESMITH_MINILM", "missing")
if "MUTANT_UNDER_TEST" in os.environ:  # mutmut wants to know whether a test fails, not the smallest example of it
    from hypothesis import Phase, settings

    settings.register_profile("mutation", phases=[Phase.explicit, Phase.generate], database=None)
    settings.load_profile("mutation")

TINY = [
    "dataset.size=96",
    "trainer.max_epochs=1",
    "trainer.progress_bar=false",
    "trainer.accelerator=cpu",
    "backbone.width=32",
]


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    os.environ["TUNESMITH_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """A completed run on a few generated reviews."""
    from tunesmith.training.train import train

    return train(checked([*TINY, f"output_dir={tmp_path_factory.mktemp('runs')}"]))


@functools.cache
def composer():
    """One for all tests: Hydra composes each set of choices once, 0.2 s."""
    from tunesmith.configuration.compose import Composer

    return Composer(None)


def checked(overrides):
    """A composed and checked config."""
    from tunesmith.configuration.checks.check import check

    composed = composer().compose(overrides)
    check(composed)
    return composed


def write_csv(file: Path, rows) -> Path:
    file.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows), encoding="utf-8")
    return file


# First, for a last long file would keep one of the processes waiting.
LONGEST = (
    "tests/exporting/test_export.py",
    "tests/sweeps/launchers/test_local.py",
    "tests/test_default_run.py",
    "tests/training/test_resume.py",
    "tests/training/test_rollback.py",
)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
