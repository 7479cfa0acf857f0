"""Completed runs of a step or two, and their exports, shared by the tests of this folder."""

import re

import pytest

from tests.conftest import checked
from tunesmith import cli
from tunesmith.training.train import train

SMALL = [
    "backbone.width=32",
    "backbone.layers=1",
    "trainer.max_steps=2",
    "trainer.progress_bar=false",
    "trainer.accelerator=cpu",
]


class Exported:
    """A run and its export."""

    def __init__(self, run, folder):
        self.run, self.folder = run, folder
        self.card = (folder / "README.md").read_text(encoding="utf-8")
        self.snippets = re.findall(r"```python\n(.*?)\n```", self.card, re.DOTALL)


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """A function of overrides: the export of such a run, made once."""
    made = {}

    def export(*words):
        if words not in made:
            folder = tmp_path_factory.mktemp("exports")
            run = train(checked([*SMALL, *words, f"output_dir={folder}/runs"]))
            assert cli.run(["export", f"run={run.path}", f"output={folder}/export"]) == 0
            made[words] = Exported(run, folder / "export")
        return made[words]

    return export


@pytest.fixture
def executed(monkeypatch):
    """A function of an export: the names that its snippets define, run one after another in its folder."""

    def execute(export, *numbers):
        monkeypatch.chdir(export.folder)
        names = {}
        for number in numbers or range(len(export.snippets)):
            exec(export.snippets[number], names)  # without what tunesmith has set up
        return names

    return execute
