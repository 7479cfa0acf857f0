"""A setting that a version adds changes neither the id of a run nor whether an earlier run's config is accepted."""

import copy

import pytest

from tests.conftest import checked
from tunesmith.configuration import added_settings
from tunesmith.configuration.checks.check import check
from tunesmith.configuration.identity import run_id
from tunesmith.configuration.saved import parse, to_yaml


def load(file):
    return parse(file.read_text(), file)


@pytest.mark.parametrize(
    "path,former,other",
    [
        ("dataset.text_pair", None, "second"),  # of the task
        ("dataset.size", 2000, 48),  # of the source
        ("trainer.deterministic", False, True),
        ("regularization.standard.gradient_clip", 1.0, None),
    ],
)
def test_a_setting_that_was_added(path, former, other, monkeypatch, tmp_path):
    config = checked([f"{path}={'null' if former is None else former}"])
    earlier = copy.deepcopy(config)  # as if it had been saved before there was the setting
    *groups, key = path.split(".")
    node = earlier
    for group in groups:
        node = node[group]
    del node[key]
    (tmp_path / "config.yaml").write_text(to_yaml(earlier))
    assert run_id(earlier) != run_id(config) and load(tmp_path / "config.yaml") == earlier

    monkeypatch.setitem(added_settings.ADDED, path, former)
    assert run_id(earlier) == run_id(config)
    assert load(tmp_path / "config.yaml") == config
    check(load(tmp_path / "config.yaml"))
    changed = checked([f"{path}={'null' if other is None else other}"])
    assert run_id(changed) != run_id(config)


def test_a_setting_of_another_choice_is_not_added(monkeypatch, tmp_path):
    monkeypatch.setitem(added_settings.ADDED, "dataset.delimiter", None)
    config = checked([])  # generated reviews have no delimiter
    (tmp_path / "config.yaml").write_text(to_yaml(config))
    assert load(tmp_path / "config.yaml") == config
