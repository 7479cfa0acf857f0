"""What differs between two manifests, and when the same bits are expected."""

import copy

import pytest

from tests.sweeps.made import config_of
from tunesmith.reproducing.differences import bitwise_expected, differences

MANIFEST = {
    "versions": {"python": "3.11.7", "torch": "2.9", "numpy": "2.4"},
    "packages": {"torch": "2.9", "scipy": "1.15"},
    "git": {"commit": "abc", "changed": False},
    "plugins": {"mine/head.py": "1"},
    "hardware": {"platform": "Linux", "processor": "AMD", "cores": 2, "threads": 1, "gpus": []},
    "data": {"fingerprints": {"train": "1"}},
    "model": {"parameters": 10, "tokenizer": "t"},
}


def changed(path, value):
    found = copy.deepcopy(MANIFEST)
    node = found
    *parts, last = path.split(":")
    for part in parts:
        node = node[part]
    node[last] = value
    return found


@pytest.mark.parametrize(
    "path,value,shown,bitwise",
    [
        ("versions:torch", "2.10", "versions.torch: 2.9 -> 2.10", False),
        ("hardware:threads", 2, "hardware.threads: 1 -> 2", False),
        ("hardware:gpus", ["H100"], "hardware.gpus: none -> H100", False),
        ("git:commit", "def", "git.commit: abc -> def", False),
        ("plugins:mine/head.py", "2", "plugins.mine/head.py: 1 -> 2", False),
        ("plugins:mine/other.py", "2", "plugins.mine/other.py: - -> 2", False),
        ("data:fingerprints", {"train": "2"}, "data.train: 1 -> 2", False),
        ("model:tokenizer", "u", "model.tokenizer: t -> u", False),
        ("packages:scipy", "1.16", "packages.scipy: 1.15 -> 1.16", True),
    ],
)
def test_each_is_named(path, value, shown, bitwise):
    found = differences(MANIFEST, changed(path, value))
    assert list(map(str, found)) == [shown]
    assert bitwise_expected(found, MANIFEST, config_of()) is bitwise


def test_the_same_machine():
    assert differences(MANIFEST, MANIFEST) == []
    assert bitwise_expected([], MANIFEST, config_of())
    on_gpu = changed("hardware:gpus", ["H100"])
    assert not bitwise_expected([], on_gpu, config_of("trainer.accelerator=auto"))
    assert bitwise_expected([], on_gpu, config_of("trainer.accelerator=auto", "trainer.deterministic=true"))
    assert bitwise_expected([], on_gpu, config_of())  # on the CPU


@pytest.mark.parametrize("before", [{}, {"versions": None}, {"hardware": [], "data": 1, "model": "x", "packages": 3}])
def test_what_was_not_recorded_is_unknown(before):
    assert differences(before, MANIFEST) == []
    assert not bitwise_expected([], before, config_of())
