"""Training goes on without its terminal; the streams are pipes whose reader has exited, as `head` does."""

import contextlib
import os
import signal
import sys

import pytest

from tests.conftest import TINY, checked
from tunesmith import cli
from tunesmith.callbacks.interruption import Interruption
from tunesmith.errors import Interrupted
from tunesmith.runs.folder import RunFolder
from tunesmith.training.lost_output import lost_output_is_survived


@contextlib.contextmanager
def without_reader():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        yield stream


def test_a_run_completes(tmp_path, monkeypatch, capsys):
    words = [*TINY, f"output_dir={tmp_path}"]
    with without_reader() as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert cli.run(["train", *words]) == 0
        monkeypatch.undo()
    run = RunFolder.of(checked(words))
    assert run.completed
    said = "standard output cannot be written (Broken pipe); the run continues without it"
    assert capsys.readouterr().err == f"tunesmith: {said}\n" and (run.path / "train.log").read_text().count(said) <= 1


def test_standard_error(monkeypatch):
    with without_reader() as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with lost_output_is_survived():
            print("a message", file=sys.stderr, flush=True)
            print("another", file=sys.stderr, flush=True)


@pytest.fixture
def hangup():
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


def test_a_closed_terminal_interrupts(hangup):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with Interruption(), pytest.raises(Interrupted, match="SIGHUP"):
        signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL


def test_nohup_is_respected(hangup):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Interruption():
        signal.raise_signal(signal.SIGHUP)
