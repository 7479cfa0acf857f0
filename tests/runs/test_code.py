"""The code of a run is part of it: an edited plugin does not resume old weights, and the user's repository is recorded."""

import importlib
import json
import subprocess
import sys
from importlib import metadata

import pytest

from tests.conftest import TINY
from tests.sweeps.made import call
from tunesmith.runs.code import packages
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.manifest import PACKAGES

PLUGIN = """
from torch.optim import SGD

def mine(groups, fused, *, lr: float):
    return SGD(groups, lr=lr)
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """The file of an optimizer in a package of the user's; the working folder is its parent's parent."""
    (tmp_path / "optimizers_of_mine").mkdir()
    file = tmp_path / "optimizers_of_mine/sgd.py"
    file.write_text(PLUGIN)
    (tmp_path / "optimizers_of_mine/__init__.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("TUNESMITH_PLUGINS", "optimizers_of_mine")
    importlib.invalidate_caches()
    (tmp_path / "conf/optimizer").mkdir(parents=True)
    (tmp_path / "conf/optimizer/mine.yaml").write_text("# Mine\n_target_: optimizers_of_mine.sgd.mine\nlr: 0.1\n")
    yield file
    for name in ("optimizers_of_mine", "optimizers_of_mine.sgd"):
        sys.modules.pop(name, None)


def test_a_run_of_an_edited_plugin_is_refused(plugin):
    words = ["train", *TINY, "trainer.max_steps=1", "optimizer=mine", "regularization=[]", "--config-dir", "conf"]
    assert call(*words).status == 0
    assert "Already completed" in call(*words).output
    (manifest,) = plugin.parents[1].glob("runs/*/*/manifest.json")
    named = ["optimizers_of_mine/__init__.py", "optimizers_of_mine/sgd.py"]
    assert list(json.loads(manifest.read_text())["plugins"]) == named
    plugin.write_text(PLUGIN.replace("lr=lr", "lr=lr / 2"))
    run = RunFolder(manifest.parent)
    for state in ("done", "interrupted"):
        run.set_state(state)
        for refused in (call(*words), call(*words, "-m", "seed=1,2")):
            assert refused.status == 2 and refused.errors.count("\n") == 1
            assert "was started with other code: optimizers_of_mine/sgd.py, which its config" in refused.errors
            assert "set name=... for a new run, or remove the folder" in refused.errors
    plugin.write_text(PLUGIN)
    assert call(*words).status == 0


def test_of_two_packages_with_one_name_the_first_on_the_path_is_recorded(tmp_path, monkeypatch):
    for folder, version in (("later", "1.0"), ("first", "2.0")):
        (tmp_path / folder / "of_mine-x.dist-info").mkdir(parents=True)
        header = f"Metadata-Version: 2.1\nName: of_mine\nVersion: {version}\n\nName: of another\n"
        (tmp_path / folder / "of_mine-x.dist-info/METADATA").write_text(header)
        monkeypatch.syspath_prepend(str(tmp_path / folder))
    assert packages()["of_mine"] == metadata.version("of_mine") == "2.0" and "of another" not in packages()


def test_the_users_repository_and_every_package_are_recorded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def git(*words):
        return subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True, capture_output=True, text=True
        )

    git("init", "-q")
    (tmp_path / "notes.txt").write_text("one\n")
    git("add", "notes.txt")
    git("commit", "-qm", "first")
    (tmp_path / "notes.txt").write_text("two\n")
    assert call("train", *TINY, "trainer.max_steps=1").status == 0
    (run,) = (file.parent for file in tmp_path.glob("runs/*/*/manifest.json"))
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["working_folder"]["git"] == {"commit": git("rev-parse", "HEAD").stdout.strip(), "changed": True}
    installed = {part.metadata["Name"]: part.version for part in metadata.distributions()}
    assert manifest["packages"] == installed and manifest["packages"]["PyYAML"] == metadata.version("pyyaml")
    names = [name for name in PACKAGES if manifest["versions"][name] is not None]
    assert {"torch", "pytorch-lightning"} < set(names) and all(
        manifest["versions"][name] == metadata.version(name) for name in names
    )
    git("checkout", "-q", "notes.txt")
    git("apply", str(run / "code.patch"))
    assert (tmp_path / "notes.txt").read_text() == "two\n"
