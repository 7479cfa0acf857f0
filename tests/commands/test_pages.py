"""Each command has a page of its own; the keys there are those that it takes, and the examples compose."""

import importlib
import inspect
import re
import shlex

import pytest

from tests.conftest import composer
from tunesmith import cli
from tunesmith.commands.arguments import TrainArguments
from tunesmith.commands.pages import PAGES
from tunesmith.sweeps.space import split


def test_every_command_has_a_page():
    assert list(PAGES) == list(cli.COMMANDS)


@pytest.mark.parametrize("command", cli.COMMANDS)
@pytest.mark.parametrize("form", ["{} --help", "{} -h", "help {}", "{} run=x --help"])
def test_the_page_of_a_command(capsys, command, form):
    assert cli.run(form.format(command).split()) == 0
    shown = capsys.readouterr().out
    assert (
        shown.startswith(f"tunesmith {command} ") and "Arguments:" in shown and shown.count(f"tunesmith {command}") >= 3
    )


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_keys_are_those_that_the_command_takes(command):
    source = inspect.getsource(importlib.import_module(f"tunesmith.commands.{command}"))
    source += inspect.getsource(TrainArguments) if command in ("train", "check", "list") else ""
    keys = [key.partition("=")[0] for key in PAGES[command].keys if re.match(r"[a-z_]+=", key)]
    for key in keys:
        assert key in ("group", "key", "dataset", "run") or f'"{key}"' in source, key
    for option in [key.split()[0] for key in PAGES[command].keys if key.startswith("-")]:
        assert f'"{option}"' in source, option


@pytest.mark.parametrize("command,example", [(name, line) for name, page in PAGES.items() for line in page.examples])
def test_an_example_begins_with_its_command(command, example):
    assert f"tunesmith {command}" in example
    if command in ("train", "check"):
        given = TrainArguments.parse(shlex.split(example)[2:])
        fixed, axes = split(given.overrides, {}, composer().folders)
        assert composer().compose(fixed) and bool(axes) == given.multirun


def test_a_command_that_does_not_exist_has_no_page(capsys):
    assert cli.run(["trian", "--help"]) == 2
    assert "did you mean train?" in capsys.readouterr().err
