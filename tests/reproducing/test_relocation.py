"""Data is found by its content; models and devices are where the command says."""

import os

import pytest

from tests.conftest import checked, write_csv
from tests.sweeps.made import config_of
from tunesmith.configuration.identity import run_id
from tunesmith.configuration.targets import build_part
from tunesmith.reproducing.relocation import Relocation, given_places


def recorded(config):
    source = build_part(config["dataset"], "source")
    return {"data": {"fingerprints": {split: source.fingerprint(split) for split in source.splits}}}


def of_files(folder, name, rows):
    for split in ("train", "test"):
        write_csv(
            folder / f"{name}-{split}.csv", [(f"{name} {split} {number}", "ab"[number % 2]) for number in range(rows)]
        )
    return checked(["dataset=csv", *(f"dataset.{split}={folder}/{name}-{split}.csv" for split in ("train", "test"))])


def test_each_run_takes_the_files_that_it_was_trained_on(tmp_path):
    (tmp_path / "moved").mkdir()
    configs = [of_files(tmp_path, name, rows) for name, rows in (("first", 10), ("second", 20))]
    manifests = [recorded(config) for config in configs]
    for file in tmp_path.glob("*.csv"):
        file.rename(tmp_path / "moved" / file.name)
    words = [
        f"dataset.{split}={tmp_path}/moved/{name}-{split}.csv"
        for split in ("train", "test")
        for name in ("second", "first")
    ]
    relocation = Relocation(given_places(words))
    for name, config, manifest in zip(("first", "second"), configs, manifests, strict=True):
        moved = relocation.moved(config, [manifest])
        assert moved["dataset"]["train"] == f"{tmp_path}/moved/{name}-train.csv"
        assert moved["dataset"]["test"] == f"{tmp_path}/moved/{name}-test.csv"
        assert relocation.missing(moved, [manifest]) == []
        missing = Relocation({}).missing(config, [manifest])
        assert len(missing) == 2 and all("cannot be read here" in line for line in missing)
        assert manifest["data"]["fingerprints"]["test"] in missing[1]


def test_a_file_that_is_in_its_place_stays(tmp_path):
    config = of_files(tmp_path, "first", 10)
    other = of_files(tmp_path, "second", 10)["dataset"]["train"]
    relocation = Relocation({"dataset.train": [other]})
    assert relocation.moved(config, [recorded(config)]) == config
    assert relocation.moved(config, [{}])["dataset"]["train"] == other  # nothing is recorded: the command line counts


def test_generated_data_of_another_version():
    config = config_of()
    manifest = {"data": {"fingerprints": {"train": "demo_reviews-0-96"}}}
    (missing,) = Relocation({}).missing(config, [manifest])
    assert "this version makes other data" in missing and "demo_reviews-0-96" in missing


def test_devices_and_models_do_not_change_what_is_computed():
    config = config_of("trainer.accelerator=auto")
    moved = Relocation({"trainer.accelerator": ["cpu"], "trainer.devices": ["1"]}).moved(config, [{}])
    assert moved["trainer"]["accelerator"] == "cpu" and moved["trainer"]["devices"] == 1
    assert run_id(moved) == run_id(config)
    pretrained = config | {"backbone": config["backbone"] | {"name": "/none/model"}}
    assert ["/none/model is not a folder here" in line for line in Relocation({}).missing(pretrained, [{}])] == [True]
    after = config | {"backbone": {"_target_": "x", "after": pretrained}}
    moved = Relocation({"backbone.name": ["here"]}).moved(after, [{}, {}])
    assert moved["backbone"]["after"]["backbone"]["name"] == "here"


@pytest.mark.parametrize("kind", ["pipe", "none"])
def test_what_is_no_file(tmp_path, kind):
    if kind == "pipe":
        os.mkfifo(tmp_path / "train.csv")
    config = checked(["dataset=csv", f"dataset.train={tmp_path}/train.csv"])
    assert Relocation({}).missing(config, [{"data": {"fingerprints": {"train": "x"}}}])
