"""Every YAML of conf/sweep and conf/hydra/launcher composes, and its settings match its target's arguments."""

import importlib
import inspect
from pathlib import Path

import pytest

from tests.sweeps.made import call
from tunesmith.configuration import schema
from tunesmith.configuration.checks import keys
from tunesmith.configuration.choices import LAUNCHERS, choices, conf_folder
from tunesmith.configuration.compose import Composer
from tunesmith.configuration.listing import describe
from tunesmith.sweeps.launchers.local import Local
from tunesmith.sweeps.settings import Settings
from tunesmith.sweeps.sweep import plan

FOLDERS = [conf_folder()]
DROPOUT = "regularization.standard.hidden_dropout"
SWEEPS = list(choices("sweep", FOLDERS))
EXPERIMENT = """\
# @package _global_
defaults:
  - override /sweep: tpe
sweep:
  trials: 7
  space:
    optimizer.lr: tag(log, interval(1e-6,1e-4))
    regularization.standard.hidden_dropout: [null, 0.1]
"""


def keywords(target):
    parameters = inspect.signature(target).parameters.values()
    return {parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("choice", SWEEPS)
def test_a_sweeps_settings_match_its_target(choice):
    node = Composer(None).sweep_settings([f"sweep={choice}"])
    assert set(node) == keywords(Settings)
    assert node["sampler"] == choice and (node["trials"] is None) == (choice == "grid")
    assert not keys.mistakes(node, schema.read_signature("tunesmith.sweeps.settings.Settings").settings, path="sweep")
    assert vars(Settings(**node)) == node


def loaded(target):
    module, _, name = target.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("choice", choices(LAUNCHERS, FOLDERS))
def test_a_launchers_settings_match_its_target(choice):
    node = Composer(None).launcher_settings(choice, [])
    assert set(node) - {"_target_"} == keywords(loaded(node["_target_"]))


@pytest.mark.parametrize("group,choice", [("sweep", choice) for choice in SWEEPS] + [(LAUNCHERS, "local")])
def test_every_choice_is_described(group, choice):
    assert len(describe(choices(group, FOLDERS)[choice])) > 10


@pytest.fixture
def folder(tmp_path) -> Path:
    """A config folder with an experiment that is a search."""
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/search.yaml").write_text(EXPERIMENT)
    return tmp_path


def test_an_experiment_may_have_a_sweep(folder):
    planned = plan(["experiment=search"], config_dir=str(folder))
    assert planned.described == "7 trials of tpe"
    rate, dropout = planned.axes
    assert (rate.key, rate.low, rate.high, rate.log) == ("optimizer.lr", 1e-6, 1e-4, True)
    assert (dropout.key, dropout.values) == (DROPOUT, ("null", "0.1"))


def test_the_command_line_overrides_an_experiments_sweep(folder):
    planned = plan(["experiment=search", "sweep.trials=2", "optimizer.lr=1e-3"], config_dir=str(folder))
    assert planned.described == "2 trials of tpe" and [axis.key for axis in planned.axes] == [DROPOUT]
    assert planned.jobs[0].config["optimizer"]["lr"] == 1e-3 and planned.jobs[0].config["name"] == "search"


def test_a_single_run_of_such_an_experiment_has_no_space(folder):
    shown = call("train", "experiment=search", "--config-dir", folder, "--cfg", "job")
    assert shown.status == 0 and "interval" not in shown.output


def test_the_identity_of_a_search_ignores_its_length_and_folder():
    node = Composer(None).sweep_settings(["sweep=tpe"])
    same = Settings(**node | {"trials": 99, "workers": 5, "folder": "elsewhere", "retry_failed": False})
    assert Settings(**node).identity == same.identity != Settings(**node | {"seeds": [1]}).identity


@pytest.mark.parametrize("module", ["sweeps.launchers.local", "sweeps.local"])  # the second: in 0.1.0
def test_a_launcher_of_the_users_own_may_set_up_the_local_one(module, tmp_path):
    folder = tmp_path / "hydra" / "launcher"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(f"_target_: tunesmith.{module}.Local\nn_jobs: 3\ndevices_per_job: null\n")
    planned = plan(["hydra/launcher=mine", "seed=1,2", "trainer.accelerator=cpu"], config_dir=str(tmp_path))
    assert isinstance(planned.launcher, Local) and planned.launcher._n_jobs == 3
