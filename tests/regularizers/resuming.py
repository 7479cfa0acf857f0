"""Runs that are interrupted and resumed."""

import signal

import pytest

from tests.conftest import checked
from tests.training.test_resume import WORDS, assert_same, cut
from tunesmith.errors import Interrupted
from tunesmith.training.train import train


def assert_resumes(words, folder, monkeypatch, *, cuts=(("on_train_batch_start", 4), ("on_train_batch_start", 4))):
    """Train, interrupt the same run by a signal at each cut in turn and resume it: nothing differs.

    Returns the uninterrupted run.
    """
    uninterrupted = train(checked([*WORDS, *words, f"output_dir={folder / 'uninterrupted'}"]))
    config = checked([*WORDS, *words, f"output_dir={folder / 'cut'}"])
    for hook, call in cuts:
        cut(monkeypatch, hook, call, lambda: signal.raise_signal(signal.SIGTERM))
        with pytest.raises(Interrupted):
            train(config)
        monkeypatch.undo()
    assert_same(uninterrupted, train(config))
    return uninterrupted
