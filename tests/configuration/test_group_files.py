"""A mistake in a user's own YAML gives one message with its file, its line and the remedy, for runs and sweeps alike."""

import subprocess
import sys

import pytest
from hydra import compose, initialize_config_dir

from tests.conftest import TINY
from tunesmith import cli
from tunesmith.configuration.choices import conf_folder

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
    HEAD + "seed: 010\n": "2: YAML reads 010 as the number 8; write that number, or quotes for a text: '010'",
    HEAD + "seed: 1:30\n": "2: YAML reads 1:30 as the number 90;",
    HEAD + "optimizer: {lr: 0:0.5}\n": "2: YAML reads 0:0.5 as the number 0.5;",
    HEAD
    + "hydra:\n  run: {dir: x}\n": "3: hydra.run: of Hydra's own settings, files may only choose hydra/launcher and set hydra.launcher; remove it",
    HEAD + "regularization: [standard]\n": "2: regularization holds settings; a choice goes into the defaults list: "
    "- override /regularization: [standard]",
    HEAD
    + "optimizer: adam\n": "2: optimizer holds settings; a choice goes into the defaults list: - override /optimizer: adam",
    HEAD + "head:\n": "2: head holds settings; a choice goes into the defaults list: - override /head: NAME",
    HEAD + "null: 1\n": "2: YAML reads the key null as None; put it in quotes",
    HEAD + "trainer:\n  on: 1\n": "3: YAML reads the key on as True; put it in quotes",
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
    DEFAULTS + "override /head: crf\n": "4: override /head is given twice in this defaults list; remove one",
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


def test_a_dotted_key_and_a_list_where_a_text_belongs(capsys, mine):
    mine.write_text(HEAD + "optimizer.lr: 1.0e-3\n")
    assert "the key optimizer.lr has a dot; write it as two keys: optimizer: {lr: ...}" in fails(capsys, mine, "check")
    mine.write_text(HEAD + "optimizer:\n  betas: {a: 1}\n")
    assert "In 'experiment/mine': ConfigTypeError raised while composing config: Cannot merge" in fails(
        capsys, mine, "check"
    )


def test_a_file_that_ends_in_yml(capsys, mine):
    mine.with_suffix(".yml").write_text(HEAD)
    assert f"experiment=mine does not exist; {mine.with_suffix('.yml')} has to end in .yaml" in fails(
        capsys, mine, "check"
    )


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


def test_a_single_run_needs_no_launcher(mine, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "hydra_plugins.hydra_submitit_launcher", None)
    mine.write_text(
        HEAD + "defaults:\n  - override /hydra/launcher: submitit_slurm\nhydra: {launcher: {partition: low, cpus: 4}}\n"
    )
    assert cli.run(["check", *TINY, "experiment=mine", "--config-dir", str(mine.parents[1])]) == 0
    capsys.readouterr()
    assert "hydra/launcher=submitit_slurm is not installed; install it: pip" in fails(
        capsys, mine, "check", "-m", "seed=1,2"
    )


def test_a_file_of_the_projects_name_is_refused(mine, capsys):
    """Hydra reads the first folder's: its own composition is the reference."""
    (mine.parents[1] / "optimizer").mkdir()
    own, project = mine.parents[1] / "optimizer/sgd.yaml", conf_folder() / "optimizer/sgd.yaml"
    own.write_text(project.read_text())  # the same content is no mistake
    words = ["--config-dir", str(mine.parents[1])]
    assert cli.run(["check", *TINY, "optimizer=sgd", *words]) == 0
    own.write_text(project.read_text().replace("momentum: 0.9", "momentum: 0.7"))
    with initialize_config_dir(str(conf_folder())):
        composed = compose("train", [f"hydra.searchpath=[file://{mine.parents[1]}]", "optimizer=sgd"])
    assert composed.optimizer.momentum == 0.9
    capsys.readouterr()
    for command in (["check", *TINY], ["train", "-m", "seed=1,2"], ["list", "optimizer"]):
        assert cli.run([*command, *words]) == 2
        message = capsys.readouterr().err
        assert "tunesmith has another optimizer/sgd.yaml, which is read instead of yours" in message
        assert "for example optimizer/my_sgd.yaml" in message and message.count("\n") == 1


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
