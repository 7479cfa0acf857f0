"""The printed config: with comments it reads back as the same config, and each comment is of its key."""

import pytest
import yaml

from tests.conftest import composer
from tunesmith import cli
from tunesmith.configuration.commented import commented


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["regularization=[standard,rdrop]", "optimizer=lion", "logger=[csv,wandb]"],
        ["experiment=demo/dapt"],
        ["dataset=csv", "dataset.train='a: b # c.csv'", 'dataset.labels=["x: y","# z"]'],
    ],
)
def test_comments_change_no_value(overrides):
    config = composer().compose(overrides, resolve=False)
    text = commented(config, overrides, composer=composer())
    assert yaml.safe_load(text)["trainer"] == config["trainer"]
    assert yaml.safe_load(text)["dataset"] == config["dataset"]
    assert "  max_epochs: 3                          # passes over the training split\n" in text or "experiment" in str(
        overrides
    )


def test_comments_are_those_of_the_chosen_files(capsys):
    assert cli.run(["train", "--cfg", "job", "optimizer=lion", "regularization=[standard,rdrop]"]) == 0
    shown = capsys.readouterr().out
    assert "every weight moves so far in a step: 3 to 10 times less than AdamW's" in shown
    assert "weight of the mean divergence" in shown and "maximum total norm of the gradients" in shown


def test_a_package_and_resolved_values(capsys):
    assert cli.run(["train", "--cfg", "job", "--package", "optimizer"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["lr"] == "${backbone.learning_rate}"
    assert cli.run(["train", "--cfg", "job", "--resolve", "-p", "optimizer"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["lr"] == 5e-4
    assert cli.run(["train", "--cfg", "job", "--package", "optimizer.lr"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == "${backbone.learning_rate}"


@pytest.mark.parametrize(
    "words,expected",
    [
        (["--cfg", "job", "--package", "optimiser"], "there is no key optimiser; did you mean optimizer?"),
        (["--cfg", "job", "--package", "optimizer.lrr"], "did you mean optimizer.lr?"),
        (["--resolve"], "add --cfg job"),
        (["--package", "optimizer"], "add --cfg job"),
    ],
)
def test_options_that_do_not_fit(capsys, words, expected):
    assert cli.run(["train", *words]) == 2
    assert expected in capsys.readouterr().err
