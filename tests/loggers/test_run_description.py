"""What dashboards show of a run."""

import sys

import pytest

from tests.conftest import composer
from tunesmith.configuration.identity import run_id
from tunesmith.loggers.run_description import Launch, RunDescription
from tunesmith.runs.folder import RunFolder


def describe(*overrides, launch=None):
    config = composer().compose([*overrides])
    return RunDescription.of(config, RunFolder.of(config).path, launch or Launch())


def test_a_run_of_its_own(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tunesmith", "train", "seed=3", "logger.wandb.api_key=sesame"])
    found = describe("seed=3")
    config = composer().compose(["seed=3"])
    assert found.name == f"demo_reviews_random_bert/{run_id(config)}" and found.job_type == "train"
    assert found.tags == ("demo_reviews", "random_bert", "classification", "demo_reviews_random_bert")
    assert found.notes == "tunesmith train seed=3 'logger.wandb.api_key=***'"
    assert config.items() <= found.config.items()
    assert found.config["run_id"] == run_id(config) and not {"sweep_id", "previous_run"} & set(found.config)
    assert (found.monitor, found.best) == ("validation/accuracy", "max")


def test_a_job_of_a_sweep():
    launch = Launch(sweep="0a1b2c3d4e", overrides={"optimizer.lr": "1e-3", "seed": "2"}, command="tunesmith train -m")
    found = describe("optimizer.lr=1e-3", "seed=2", launch=launch)
    assert found.name == "lr=1e-3 seed=2" and found.notes == "tunesmith train -m"
    assert found.tags[-1] == found.config["sweep_id"] == "0a1b2c3d4e"


def test_the_group_is_that_of_the_seeds_and_of_nothing_else():
    groups = [describe(f"seed={seed}", f"optimizer.lr={lr}").group for lr in (1e-3, 1e-4) for seed in (1, 2)]
    assert groups[0] == groups[1] != groups[2] == groups[3]
    assert describe("seed=1", "optimizer.lr=1e-3", "logger=[csv,wandb]", "output_dir=elsewhere").group == groups[0]


def test_a_run_names_the_stage_that_it_starts_from():
    found = describe("experiment=demo/dapt_tapt")
    config = composer().compose(["experiment=demo/dapt_tapt"])
    stage = config["backbone"]["after"]
    assert found.config["previous_run"] == f"{stage['name']}/{run_id(stage)}"


@pytest.mark.parametrize(
    "overrides,tags",
    [
        (["dataset=sst2", "backbone=bert"], {"nyu-mll/glue/sst2", "bert-base-uncased"}),
        (["dataset=csv", "dataset.train=/home/ada/x.csv", "dataset.text=a", "dataset.label=b"], {"csv"}),
        (["backbone=bert", "backbone.name=/home/ada/model"], {"model"}),
        (["backbone=bert", f"backbone.name={'x' * 90}"], {"x" * 37 + "..."}),
    ],
)
def test_tags_name_data_and_model_and_no_folder_of_the_user(overrides, tags):
    found = describe(*overrides)
    assert tags <= set(found.tags)
    assert all(0 < len(tag) <= 64 and "/home" not in tag for tag in found.tags)


def test_a_loss_is_best_when_it_is_smallest():
    assert describe("monitor=validation/loss").best == "min"
