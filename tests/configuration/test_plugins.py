"""Packages that TUNESMITH_PLUGINS names: found by path or by name, alone, and the same in every process; else one message."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TINY
from tests.sweeps.made import call
from tunesmith.configuration.choices import choices, conf_folders
from tunesmith.configuration.completion import of_config
from tunesmith.configuration.plugins import trusted
from tunesmith.errors import UserError

OPTIMIZER = "from torch.optim import SGD\n\n\ndef sgd(groups, fused, *, lr: float):\n    return SGD(groups, lr=lr)\n"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The folder of a package `pack_of_mine` with an optimizer, which is in the working folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "pack_of_mine"
    (folder / "conf/optimizer").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "sgd.py").write_text(OPTIMIZER)
    (folder / "conf/optimizer/plain.yaml").write_text("# Plain\n_target_: pack_of_mine.sgd.sgd\nlr: 0.1\n")
    monkeypatch.setenv("TUNESMITH_PLUGINS", "")
    yield folder
    for name in [name for name in sys.modules if name.startswith("pack_of_mine")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "entry", ["./pack_of_mine", "pack_of_mine", "./pack_of_mine/", "{0}/pack_of_mine", " pack_of_mine ,"]
)
def test_a_package_is_found_from_any_folder_once_it_is_named(package, entry, monkeypatch):
    monkeypatch.setenv("TUNESMITH_PLUGINS", entry.format(package.parent))
    (plugin,) = trusted()
    assert plugin == ("pack_of_mine", package, False)
    monkeypatch.chdir("/")  # as a job that starts elsewhere, with this environment
    code = "from tunesmith.configuration import plugins; import pack_of_mine.sgd as found; print(found.__file__)"
    ended = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert ended.stdout.strip() == str(package / "sgd.py"), ended.stderr


def test_an_installed_package_stays_where_it_is(package, monkeypatch):
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setenv("TUNESMITH_PLUGINS", "pack_of_mine")
    assert trusted() == (("pack_of_mine", package, True),)
    assert os.environ["TUNESMITH_PLUGINS"] == "pack_of_mine"


@pytest.mark.parametrize(
    "entry,expected",
    [
        ("./pack_of_mime", "names ./pack_of_mime, which is no folder; expected the path of a package's folder"),
        ("./pack_of_mime", "did you mean pack_of_mine?"),
        ("nowhere_at_all", "which is not installed and not in the working folder"),
        ("./my-pack", "'my-pack' cannot be the name of a package; expected letters"),
        ("./numpy", "Python finds another numpy in"),
        ("./json", "Python finds another json in"),
        ("./empty", "in which there is no Python file"),
        ("./project", "which is no package; did you mean ./project/inner?"),
        ("os.system()", "'os.system()'; expected the path"),
        ("./pack_of_mine,./other/pack_of_mine", "names two packages pack_of_mine"),
    ],
)
def test_what_is_no_package_has_one_message(package, entry, expected, monkeypatch):
    for place in ("my-pack", "numpy", "json", "project/inner", "other/pack_of_mine", "empty"):
        Path(place).mkdir(parents=True)
        if place != "empty":
            Path(place, "__init__.py").touch()
    monkeypatch.setenv("TUNESMITH_PLUGINS", entry)
    with pytest.raises(UserError) as raised:
        trusted()
    assert len(raised.value.mistakes) == 1 and expected in raised.value.mistakes[0]
    called = call("check")
    assert called.status == 2 and expected in called.errors and "Traceback" not in called.errors


def test_its_choices_are_among_the_others(package, monkeypatch):
    monkeypatch.setenv("TUNESMITH_PLUGINS", "./pack_of_mine")
    assert choices("optimizer", conf_folders(None))["plain"] == package / "conf/optimizer/plain.yaml"
    assert of_config(["optimizer=pl"]) == ["optimizer=plain"]
    assert "Plain" in call("list", "optimizer").output
    assert "did you mean plain?" in call("check", "optimizer=plan").errors
    (package / "conf/optimizer/adamw.yaml").write_text("# Another\n_target_: pack_of_mine.sgd.sgd\nlr: 0.1\n")
    assert "tunesmith has another optimizer/adamw.yaml" in call("check").errors


@pytest.mark.parametrize(
    "text,expected",
    [
        (
            "import missing_at_all\n" + OPTIMIZER,
            "sgd.py, line 1: ModuleNotFoundError: No module named 'missing_at_all'",
        ),
        ("x = (\n" + OPTIMIZER, "sgd.py, line 1: this is not valid Python: '(' was never closed"),
        (
            OPTIMIZER.replace("return SGD", "raise ValueError('no'); return SGD"),
            "sgd.py, line 5, in sgd: ValueError: no",
        ),
    ],
)
def test_an_error_in_its_code_is_one_message_with_its_line(package, text, expected, monkeypatch):
    (package / "sgd.py").write_text(text)
    monkeypatch.setenv("TUNESMITH_PLUGINS", "./pack_of_mine")
    called = call("train", *TINY, "optimizer=plain", "regularization=[]")
    assert called.status == 2 and expected in called.errors, called.errors
    assert "Traceback" not in called.errors


@pytest.mark.parametrize(
    "old,new,expected",
    [
        ("_target_: pack_of_mine.sgd.sgd\n", "", "optimizer has no _target_; expected the dotted name of a class"),
        (
            "mine.sgd.sgd",
            "mine.optimizers.sgd",
            "no module pack_of_mine.optimizers; did you mean pack_of_mine.sgd.sgd?",
        ),
        (
            "lr: 0.1",
            "lr: 0.1\nfused: true",
            "optimizer.fused is passed to pack_of_mine.sgd.sgd by position; expected a keyword-only",
        ),
        ("lr: 0.1", "lr: 0.1\nmomentum: 0.9", "unknown key optimizer.momentum"),
    ],
)
def test_a_yaml_that_does_not_fit_its_class(package, old, new, expected, monkeypatch):
    file = package / "conf/optimizer/plain.yaml"
    file.write_text(file.read_text().replace(old, new))
    monkeypatch.setenv("TUNESMITH_PLUGINS", "./pack_of_mine")
    called = call("check", "optimizer=plain", "regularization=[]", "dataset.size=96")
    assert called.status == 2 and expected in called.errors and called.errors.count("\n") == 1, called.errors


def test_a_class_has_the_constants_and_settings_of_its_base_class(package, monkeypatch):
    text = (
        "from tunesmith.heads.crf import Crf\n\n\nclass Mine(Crf):\n    offers = ()\n\n\nclass Inner(Mine):\n    pass\n"
    )
    (package / "heads.py").write_text(text)
    monkeypatch.setenv("TUNESMITH_PLUGINS", "./pack_of_mine")
    from tunesmith.configuration import schema

    found, crf = (
        schema.signature(name, group="head") for name in ("pack_of_mine.heads.Inner", "tunesmith.heads.crf.Crf")
    )
    assert found.settings == crf.settings and set(found.settings) == {"constrained", "transition_lr_scale"}
    assert (
        found.constants["task"] == "token_classification" and found.constants["offers"] == () != crf.constants["offers"]
    )


def test_a_sweep_and_a_finished_run_need_it_too(package, monkeypatch):
    """Jobs are forks of a server that has been started before the variable was set."""
    monkeypatch.setenv("TUNESMITH_PLUGINS", "./pack_of_mine")
    words = [*TINY, "trainer.max_steps=1", "optimizer=plain", "regularization=[]"]
    called = call("train", "-m", *words, "seed=1,2", "hydra.launcher.n_jobs=1")
    assert called.status == 0, called.output + called.errors
    (run, _) = (folder for folder in sorted(Path("runs").glob("*/*")) if folder.parent.name != "sweeps")
    monkeypatch.setenv("TUNESMITH_PLUGINS", "")
    called = call("reproduce", f"run={run}")
    assert called.status == 2 and "TUNESMITH_PLUGINS=pack_of_mine" in called.errors and "Traceback" not in called.errors
