"""A mistake in a user's own YAML gives one message with its file, its line and the remedy, for runs and sweeps alike."""

import subprocess
import sys

import pytest

from tests.conftest import TINY
from tunesmith import cli

HEAD = "# @package _global_\n"
DEFAULTS = HEAD + "defaults:\n  - override /head: classification\n  - "
MISTAKES = {  # the file, and what its message contains after `file, line `
    HEAD + "optimizer:\n  lr: 1.0e-4\n betas: [0.9, 0.99]\n": "4: this is not valid YAML",
    HEAD
    + "optimizer:\n\tlr: 1\n": "3: this is not valid YAML: found character '\\t' that cannot start any token; indent",
    HEAD + "a: {b: \n": "3: this is not valid YAML",
    HEAD + "a: 'b\n": "3: this is not valid YAML",
    HEAD + "a: \x07\n": "1: this is not valid YAML",
    HEAD + "seed: 1\nseed: 2\n": "3: the key seed is given twice",
    HEAD + "optimizer:\n  lr: 1\n  lr: 2\n": "4: the key lr is given twice",
    HEAD + "- a\n": "2: expected keys and values, received a list",
    HEAD + "text\n": "2: expected keys and values, received 'text'",
    HEAD + "a: !!python/object:os.system {}\n": "2: the tag tag:yaml.org,2002:python/object:os.system is not allowed",
    HEAD + "a: !!timestamp 2001-01-01\n": "2: the tag tag:yaml.org,2002:timestamp is not allowed",
    HEAD + "optimizer:\n  lr: ${backbone.learning_rate\n": "3: '${backbone.learning_rate' is no valid interpolation",
    HEAD
    + "optimizer:\n  lr: ${backbone.learning_rte}\n": "3: optimizer.lr is ${backbone.learning_rte}, but there is no key "
    "backbone.learning_rte; did you mean backbone.learning_rate?",
    HEAD
    + "output_dir: ${oc.env:TUNESMITH_CACHES}/runs\n": "2: output_dir is ${oc.env:TUNESMITH_CACHES}/runs, but the environment "
    "variable TUNESMITH_CACHES is not set; did you mean TUNESMITH_CACHE?; set it: export TUNESMITH_CACHES=...",
    HEAD + "optimizer:\n  lr: ${oc.nev:X}\n": "3: optimizer.lr is ${oc.nev:X}, but it cannot be resolved: Unsupported",
    HEAD
    + "optimizer:\n  lr: ${optimizer.lr}\n": "3: optimizer.lr is ${optimizer.lr}, but it cannot be resolved: Recursive",
    "optimizer:\n  lr: 1.0e-4\n": "1: an experiment begins with the line # @package _global_, which is missing; add it",
    "# @package _globl_\nseed: 1\n": "1: an experiment begins with the line # @package _global_, received _globl_",
    "": "1: an experiment begins with the line # @package _global_",
    HEAD + "defaults: {dataset: csv}\n": "2: defaults is not a list",
    DEFAULTS + "override /dataset: csvv\n": "4: dataset=csvv does not exist; did you mean csv?",
    DEFAULTS
    + "override /regularization: [standard, rdrp]\n": "4: regularization=rdrp does not exist; did you mean rdrop?",
    DEFAULTS + "override /datset: csv\n": "4: there is no group datset; did you mean dataset?",
    DEFAULTS
    + "override dataset: csv\n": "4: override dataset cannot be set like this in an experiment; write: - override "
    "/dataset: csv",
    DEFAULTS
    + "/dataset: csv\n": "4: /dataset cannot be set like this in an experiment; write: - override /dataset: csv",
    DEFAULTS
    + "overide /dataset: csv\n": "4: 'overide /dataset' is not an entry of a defaults list; did you mean override?",
    DEFAULTS + "override /hydra/launcher: lcal\n": "4: hydra/launcher=lcal does not exist; did you mean local?",
    DEFAULTS + "_bse\n": "4: there is no file _bse.yaml to include; did you mean _base?",
    DEFAULTS
    + "/experiment/demo/dpt\n": "4: there is no file /experiment/demo/dpt.yaml to include; did you mean /experiment/demo/dapt?",
    DEFAULTS + "5\n": "4: expected an entry such as - override /dataset: csv",
    DEFAULTS + "mine\n": "its defaults list includes the file itself",
}


@pytest.fixture
def mine(tmp_path):
    """The experiment `mine` in the user's own folder of groups."""
    (tmp_path / "conf/experiment").mkdir(parents=True)
    (tmp_path / "conf/experiment/_base.yaml").write_text("# @package _global_\nseed: 3\n")
    return tmp_path / "conf/experiment/mine.yaml"


def fails(capsys, mine, *words):
    assert cli.run([*words, "experiment=mine", "--config-dir", str(mine.parents[1])]) == 2
    message = capsys.readouterr().err
    assert message.startswith("tunesmith: ") and message.count("\n") == 1 and "Traceback" not in message, message
    return message


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_in_an_experiment(capsys, mine, text):
    mine.write_text(text)
    for words in (["check"], ["train", "-m", "seed=1,2"]):
        message, expected = fails(capsys, mine, *words), MISTAKES[text]
        where = f"{mine}, line " if expected[0].isdigit() else f"{mine}: "
        assert where + expected in message, message


def test_a_file_that_is_not_utf_8(capsys, mine):
    mine.write_bytes(HEAD.encode() + b"\xff: 1\n")
    assert f"{mine}: byte 21 is not UTF-8" in fails(capsys, mine, "check")


def test_a_mistake_in_an_included_file(capsys, mine):
    mine.write_text(HEAD + "defaults: [_base]\n")
    (mine.parent / "_base.yaml").write_text(HEAD + "defaults:\n  - override /optimizer: adma\n")
    assert f"{mine.parent}/_base.yaml, line 3: optimizer=adma does not exist; did you mean adam?" in fails(
        capsys, mine, "check"
    )


@pytest.mark.parametrize("settings", ["hydra: {launcher: {n_jobs: 1}}", "hydra:\n  launcher:\n    n_jobs: 1"])
def test_an_experiments_launcher_settings_are_used(mine, capsys, settings):
    mine.write_text(HEAD + settings + "\n")
    words = [*TINY, "trainer.max_steps=1", "experiment=mine", "--config-dir", str(mine.parents[1])]
    words += [f"output_dir={mine.parents[2]}/runs"]
    assert cli.run(["train", "-m", *words, "seed=1,2"]) == 0
    assert "2 jobs on this machine, 1 at a time" in capsys.readouterr().out
    assert cli.run(["check", *words]) == 0


def test_a_wrong_launcher_setting_in_an_experiment(mine, capsys):
    mine.write_text(HEAD + "hydra:\n  launcher:\n    n_job: 1\n")
    assert "n_job" in fails(capsys, mine, "check", "-m", "seed=1,2")


def test_experiments_as_an_axis(mine, capsys):
    mine.write_text(HEAD + "optimizer:\n  lr: 1.0e-4\n")
    (mine.parent / "other.yaml").write_text(HEAD + "optimizer:\n  lr: 1.0e-3\n")
    (mine.parent / "search.yaml").write_text(HEAD + "sweep:\n  workers: 7\n")
    words = ["check", "-m", "--config-dir", str(mine.parents[1]), "seed=1,2"]
    assert cli.run([*words, "experiment=mine,other"]) == 0
    assert "4 jobs" in capsys.readouterr().out
    assert cli.run([*words, "experiment=mine,search"]) == 2
    assert "have different settings of their sweep (workers)" in capsys.readouterr().err


@pytest.mark.parametrize("error", ["ValueError('broken')", "ImportError('broken')"])
def test_a_broken_plugin_of_hydra_stops_only_what_uses_it(tmp_path, error):
    plugin = tmp_path / "hydra_plugins/hydra_joblib_launcher"
    plugin.mkdir(parents=True)
    (plugin / "__init__.py").write_text(f"raise {error}\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from tunesmith.cli import run; sys.exit(run(sys.argv[1:]))"
    )

    def called(*words):
        return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)

    fine = called("check", "dataset.size=96")
    assert fine.returncode == 0 and not fine.stderr, fine.stderr
    chosen = called("check", "-m", "dataset.size=96", "seed=1,2", "hydra/launcher=joblib")
    assert chosen.returncode == 2 and "hydra/launcher=joblib cannot be imported: " in chosen.stderr
    assert chosen.stderr.count("\n") == 1
