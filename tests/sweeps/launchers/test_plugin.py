"""A launcher that an installed plugin of Hydra's registers is used without a YAML file, and only such a launcher."""

import pytest
from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher

from tunesmith.configuration.hydra_plugins import ignore_broken_plugins
from tunesmith.errors import UserError
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.launchers.hydra import PluginLauncher
from tunesmith.sweeps.sweep import plan

WORDS = ["hydra/launcher=registered", "seed=1,2", "dataset.size=96"]


class Registered(Launcher):
    def __init__(self, *, queue, folder, nested):
        self.queue, self.folder, self.nested = queue, folder, nested

    def setup(self, *, hydra_context, task_function, config):
        self.context, self.config = hydra_context, config

    def launch(self, job_overrides, initial_job_idx):
        return []


@pytest.fixture(scope="module", autouse=True)
def registered():
    ignore_broken_plugins()
    Plugins.instance().register(Registered)
    node = {"_target_": f"{Registered.__module__}.Registered", "queue": "low", "nested": {"a": 1}}
    node["folder"] = "${hydra.sweep.dir}/logs"
    ConfigStore.instance().store(group="hydra/launcher", name="registered", node=node, provider="tests")


def prepared(folder, words, **options):
    planned = plan([*WORDS, *words], config_dir=options.get("config_dir"))
    assert isinstance(planned.launcher, PluginLauncher)
    claimed = SweepFolder.claim(folder, identity="x", varied=["seed"])
    claimed.describe(settings=vars(planned.settings))
    planned.launcher.prepare(planned.jobs, claimed)
    claimed.lock.release()
    launcher = planned.launcher._launcher  # for each job, Hydra composes the config again, which must be the same
    launcher.context.config_loader.load_sweep_config(launcher.config, ["job=1"])
    return launcher


def test_it_gets_the_settings_of_the_command_line(tmp_path):
    launcher = prepared(tmp_path / "it's {here}", ["hydra.launcher.queue=high", "hydra.launcher.nested.b=2"])
    assert launcher.queue == "high" and dict(launcher.nested) == {"a": 1, "b": 2}
    assert launcher.config.folder == str(tmp_path / "it's {here}") and not launcher.config.hydra.callbacks


def test_its_folder_is_a_new_one_for_each_launch(tmp_path):
    first, second = (prepared(tmp_path / "sweep", []).folder for _ in range(2))
    assert first != second and all(folder.startswith(f"{tmp_path}/sweep/hydra/launch-") for folder in (first, second))


def test_a_users_file_configures_it_and_nothing_else(tmp_path):
    file = tmp_path / "conf/hydra/launcher/mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("defaults: [registered]\nqueue: mine\n")
    words = ["hydra/launcher=mine", "seed=1,2", "dataset.size=96"]
    assert plan(words, config_dir=str(tmp_path / "conf")).launcher._node["queue"] == "mine"
    file.write_text("defaults: [registered]\nqueue: {_target_: os.system, command: ls}\n")
    with pytest.raises(UserError, match=r"mine.yaml, line 2: _target_ is not a setting of a launcher; remove it"):
        plan(words, config_dir=str(tmp_path / "conf"))


def test_an_unknown_setting_has_one_message():
    with pytest.raises(UserError, match=r"hydra\.launcher\.queu does not exist; did you mean queue\?"):
        plan([*WORDS, "hydra.launcher.queu=x"], config_dir=None)


def test_an_unknown_launcher_names_those_that_there_are():
    with pytest.raises(UserError, match=r"hydra/launcher=registred does not exist; did you mean registered\?"):
        plan(["hydra/launcher=registred", "seed=1,2"], config_dir=None)
