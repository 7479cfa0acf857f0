"""Keys with meaning, type and default: every key of every choice, as Hydra itself composes it."""

import subprocess
import sys

import pytest
import yaml
from omegaconf import OmegaConf

from tests.conftest import composer
from tunesmith.configuration import reference
from tunesmith.configuration.checks.check import check
from tunesmith.configuration.choices import choices, conf_folders, groups
from tunesmith.configuration.listing import listing
from tunesmith.configuration.targets import SEVERAL
from tunesmith.errors import UserError

FOLDERS = conf_folders(None)
GROUPS = [group for group in groups(FOLDERS) if group not in ("experiment", "hydra/launcher")]


def flat(node, path):
    """Keys and values as Hydra composed them; a mapping with a `_target_` holds settings."""
    for key, value in node.items():
        if isinstance(value, dict) and "_target_" in value:
            yield from flat(value, f"{path}.{key}")
        elif key != "_target_" and not (path == "dataset" and key in ("source", "task")):
            yield f"{path}.{key}", value


def yaml_value(text):
    return OmegaConf.to_container(OmegaConf.create(f"value: {text}"), resolve=False)["value"]


@pytest.mark.parametrize("group", GROUPS)
def test_keys_and_defaults_are_those_that_hydra_composes(group):
    names = list(choices(group, FOLDERS))
    for name in names if group != "dataset" else names[::6]:  # 0.1 s each
        chosen = f"[{name}]" if group in ("regularization", "callbacks", "logger") else name
        node = OmegaConf.to_container(composer()._hydra_composes([f"{group}={chosen}"])[group], resolve=False)
        node.pop("after", None)
        found = {s.key: s.default for s in reference.settings(group, name, FOLDERS)}
        expected = dict(flat(node, group))
        assert list(found) == list(expected), name
        assert {key: yaml_value(text) for key, text in found.items()} == expected, name


@pytest.mark.parametrize("group", [group for group in groups(FOLDERS) if group != "experiment"])
def test_every_key_has_a_meaning_and_a_type(group):
    for name in choices(group, FOLDERS):
        for setting in reference.settings(group, name, FOLDERS):
            assert setting.meaning, f"{setting.key} of {name}: write a comment in the YAML or an Args line"
            assert setting.type != "anything" or setting.key == "hydra.launcher", setting


def test_settings_of_a_run():
    found = {setting.key: setting for setting in reference.run_settings()}
    assert set(found) == {"backbone.after", "seed", "output_dir", "name", "monitor"}
    assert all(setting.meaning for setting in found.values())
    assert found["seed"].default == "1" and found["seed"].type == "whole number from 0 to 4294967295"


def test_default_choices_are_those_of_a_run():
    chosen = {
        group: f"[{','.join(names)}]" if group in SEVERAL else names[0]
        for group, names in reference.default_choices().items()
    }
    words = [f"{group}={names}" for group, names in chosen.items()]
    assert composer()._hydra_composes(words) is not composer()._hydra_composes([])
    for group in GROUPS:
        assert composer()._hydra_composes(words)[group] == composer()._hydra_composes([])[group]


def test_comments_and_defaults_of_a_folder_of_the_user(tmp_path):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer" / "base_of_mine.yaml").write_text("# Base\nlr: 1e-3 # from the base\n")
    (tmp_path / "optimizer" / "mine.yaml").write_text(
        "# Mine: an optimizer\n"
        "defaults: [base_of_mine]\n"
        "_target_: tunesmith.optim.sgd.sgd\n"
        "lr: 0.5\n"
        "# shrinks weights,\n"
        "# a little\n"
        "weight_decay: 0.1\n"
        "momentum: 0.9   # a # sign\n"
        "nesterov:\n"
        "  false\n"
    )
    folders = conf_folders(str(tmp_path))
    found = {setting.key: setting for setting in reference.settings("optimizer", "mine", folders)}
    assert found["optimizer.lr"][1:] == ("0.5", "number above 0", "from the base")
    assert found["optimizer.weight_decay"].meaning == "shrinks weights, a little"
    assert found["optimizer.momentum"].meaning == "a # sign"
    assert found["optimizer.nesterov"].default == "false"
    shown = listing(["optimizer", "mine"], folders)
    assert shown.startswith("optimizer=mine  Mine: an optimizer\n  optimizer.lr=0.5")
    assert yaml.safe_load("0.5") == 0.5


def test_a_damaged_file_of_the_user_names_file_and_line(tmp_path):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer" / "mine.yaml").write_text("_target_: tunesmith.optim.sgd.sgd\nlr: [1\n")
    with pytest.raises(UserError, match=r"mine\.yaml, line \d: this is not valid YAML"):
        listing(["optimizer", "mine"], conf_folders(str(tmp_path)))


@pytest.mark.parametrize(
    "words,expected",
    [
        (["optimizer", "adamw"], ["optimizer.lr=${backbone.learning_rate}", "number above 0", "learning rate"]),
        (["optimizer=adamw"], ["optimizer.betas=[0.9, 0.999]"]),
        (["optimizer.lr"], ["optimizer.lr=1.0e-5", "with optimizer=lion"]),
        (["trainer"], ["trainer.precision=32", "32, bf16-mixed or 16-mixed", "tunesmith list trainer NAME"]),
        (["dataset.max_length"], ["whole number from 1", "imdb"]),
        (["seed"], ["seed=1", "weight initialisation"]),
        (["regularization.rdrop"], ["regularization.rdrop.alpha"]),
        (["regularization=[rdrop,llrd]"], ["regularization.rdrop.alpha", "regularization.llrd.decay"]),
        (["dataset", "csv"], ["dataset.train=???", "required: "]),
        (["experiment", "demo_search"], ["pruner: median"]),
        (["hydra/launcher"], ["hydra.launcher.n_jobs=null"]),
        (["head", "span"], ["It has no keys."]),
    ],
)
def test_what_is_listed(words, expected):
    shown = listing(words, FOLDERS)
    assert all(part in shown for part in expected), shown


@pytest.mark.parametrize(
    "words,expected",
    [
        (["optimizer.learning_rate"], "there is no key optimizer.learning_rate; did you mean optimizer.lr?"),
        (["optimizer", "admaw"], "did you mean adamw?"),
        (["optimizer.adamw"], "tunesmith list optimizer adamw"),
        (["lr"], "did you mean optimizer.lr?"),
        (["sead"], "did you mean seed?"),
        (["optimizer=nothing"], "optimizer=nothing does not exist"),
    ],
)
def test_what_does_not_exist(words, expected):
    with pytest.raises(UserError) as error:
        listing(words, FOLDERS)
    assert expected in str(error.value)


def test_a_list_of_all_groups_imports_no_types():
    code = "import sys; from tunesmith.cli import run; run(['list']); sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_the_metrics_of_each_task():
    """Each name that is listed is taken as `dataset.metrics` by a run of the task, which scores it."""
    listed = listing(["metrics"], FOLDERS)
    for task, names in reference.scores_by_task().items():
        assert f"  {task}\n" in listed and all(name in listed for name in names)
    assert {"contrastive", "language_modeling", "question_answering", "token_classification"} < set(
        reference.scores_by_task()
    )
    regression = reference.scores_by_task()["text_classification, dataset.problem=regression"]
    words = ["dataset=stsb", f"dataset.metrics=[{','.join(regression)}]", "backbone=random_bert"]
    check(composer().compose(words))
    with pytest.raises(UserError, match="accuracy is not a score"):
        check(composer().compose([*words, "dataset.metrics=[accuracy]"]))
