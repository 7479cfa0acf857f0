"""The source files that a plugin depends on are those that Python reads when it imports the plugin."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sweeps.made import config_of
from tunesmith.runs.plugin_files import plugins

FILES = {
    "__init__.py": "",
    "optimizers/__init__.py": "from ..shared import numbers",
    "optimizers/mine.py": """
from __future__ import annotations
import os, os.path
import plugged.shared.constants
from plugged.shared.numbers import ONE
from . import schedules
from .schedules import *

def build(groups, fused, *, lr: float):
    from plugged import late
    return late.SGD(groups, lr=lr)
""",
    "optimizers/schedules.py": "from ..shared import all_of",
    "shared/__init__.py": "",
    "shared/constants.py": "",
    "shared/numbers.py": "ONE = 1",
    "shared/all_of/__init__.py": "from .one import *",
    "shared/all_of/one.py": "import plugged.shared.numbers as numbers",
    "late.py": "from torch.optim import SGD",
    "other_experiment.py": "from plugged.shared import unused",
    "shared/unused.py": "",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / "plugged" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "plugged" / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("TUNESMITH_PLUGINS", "plugged")
    return tmp_path / "plugged"


def config(target):
    made = config_of()
    return made | {"optimizer": {"_target_": target, "lr": 0.1}}


def imported(folder: Path, statement: str) -> set[str]:
    """The files below a folder that Python has read after a statement."""
    code = f"{statement}; import json, sys; print(json.dumps([getattr(m, '__file__', None) for m in sys.modules.values()]))"
    shown = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(folder.parent)}, capture_output=True, text=True, check=True
    )
    files = [Path(file) for file in json.loads(shown.stdout) if file]
    return {file.relative_to(folder.parent).as_posix() for file in files if file.is_relative_to(folder)}


def test_the_files_are_those_that_python_imports(package):
    (package / "late.py").write_text("SGD = None")  # without torch, for speed
    found = plugins(config("plugged.optimizers.mine.build"))
    assert set(found) == imported(package, "import plugged.optimizers.mine, plugged.late")


def test_only_a_change_in_them_counts(package):
    before = plugins(config("plugged.optimizers.mine.build"))
    (package / "other_experiment.py").write_text("changed")
    (package / "shared/unused.py").write_text("changed")
    assert plugins(config("plugged.optimizers.mine.build")) == before
    (package / "shared/all_of/one.py").write_text("changed = 1")
    after = plugins(config("plugged.optimizers.mine.build"))
    assert [name for name in after if after[name] != before[name]] == ["plugged/shared/all_of/one.py"]


@pytest.mark.parametrize(
    "line", ["import importlib", "from importlib import import_module", "__import__('plugged.late')"]
)
def test_every_module_counts_where_names_are_computed(package, line):
    (package / "shared/numbers.py").write_text(line)
    assert set(plugins(config("plugged.optimizers.mine.build"))) == {f"plugged/{name}" for name in FILES}
