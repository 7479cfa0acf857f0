"""No attack writes outside, shows a secret, commands the terminal, hangs, or ends in a traceback."""

import signal

import pytest

from tests.attacks import environment, places, prepare, problems
from tests.sweeps.made import call

LIGHT = [attack for attack in places.ATTACKS if not attack.heavy]


def test_there_are_attacks_of_each_kind():
    names = [attack.name for attack in places.ATTACKS]
    assert len(names) == len(set(names)) and len(names) >= 60


@pytest.mark.parametrize("attack", LIGHT, ids=[attack.name for attack in LIGHT])
def test_attack(attack, tmp_path, monkeypatch):
    prepare(tmp_path)
    words = attack.arguments(tmp_path)
    monkeypatch.chdir(tmp_path / "work")
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(60)  # it waits for a pipe that nobody writes to
    try:
        called = call(*words)
    finally:
        signal.alarm(0)
    assert not problems(tmp_path, attack, status=called.status, output=called.output + called.errors), called
