"""A line on a terminal that is drawn again, as wide as the terminal; in a file whole lines only, and few of them."""

import io
import re
import sys
import time
from types import SimpleNamespace

import pytest

from tunesmith.callbacks import progress as module
from tunesmith.callbacks.epoch_scores import epochs_of
from tunesmith.callbacks.live_line import LiveLine, Part, bar, fitted
from tunesmith.callbacks.progress import Progress


class Stream(io.StringIO):
    def __init__(self, on_terminal):
        super().__init__()
        self.isatty = lambda: on_terminal


def trained(monkeypatch, stream, *, batches=200):
    """An epoch of batches of 5 ms."""
    monkeypatch.setattr(sys, "stdout", stream)
    batch_progress = SimpleNamespace(current=SimpleNamespace(completed=0))
    trainer = SimpleNamespace(
        max_epochs=1,
        num_training_batches=batches,
        max_steps=-1,
        accumulate_grad_batches=1,
        current_epoch=0,
        fit_loop=SimpleNamespace(epoch_loop=SimpleNamespace(batch_progress=batch_progress)),
        progress_bar_metrics={"loss": 0.5},
        checkpoint_callbacks=[],
    )
    progress = Progress()
    progress.on_train_start(trainer, None)
    for batch in range(batches):
        time.sleep(0.005)
        progress.on_train_batch_end(trainer, None, None, None, batch)
    progress.on_train_end(trainer, None)
    return stream.getvalue()


def test_a_terminal_is_updated_often(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    output = trained(monkeypatch, Stream(True))
    drawn = [text.rstrip() for text in output.split("\r") if text.strip()]
    assert len(drawn) >= 4 and "\n" not in output and "\x1b" not in output
    assert all(len(text) < 60 and re.search(r"^epoch 1/1 .*\d+%.*loss 0\.500.*\d+ s left$", text) for text in drawn)
    assert output.endswith(" \r")  # nothing stays


@pytest.mark.parametrize("term,on_terminal", [("xterm", False), ("dumb", True)])
def test_a_file_and_a_dumb_terminal_get_a_line_a_minute(monkeypatch, term, on_terminal):
    monkeypatch.setenv("TERM", term)
    assert trained(monkeypatch, Stream(on_terminal), batches=80) == ""
    assert module._FILE_SECONDS >= 60
    monkeypatch.setattr(module, "_FILE_SECONDS", 0.15)
    output = trained(monkeypatch, Stream(on_terminal), batches=80)
    lines = output.splitlines()
    assert 1 <= len(lines) <= 4 and output.endswith("\n") and "\r" not in output and "\x1b" not in output
    assert all(re.fullmatch(r"epoch 1/1  \d+%  loss 0\.500  \d+ s left  [\d.e+]+ batches/s", line) for line in lines)


def test_what_matters_least_is_left_out():
    parts = [Part("epoch 1", 0), Part("====", 3), Part("best 0.9", 1), Part("", 9), Part("2 s left", 2)]
    assert fitted(parts, 80) == "epoch 1  ====  best 0.9  2 s left"
    assert fitted(parts, 30) == "epoch 1  best 0.9  2 s left"
    assert fitted(parts, 20) == "epoch 1  best 0.9"
    assert fitted(parts, 10) == "epoch 1" and fitted(parts, 5) == "epoch"


def test_a_shorter_line_covers_a_longer_one(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = Stream(True)
    line = LiveLine(stream)
    line.draw([Part("a longer line", 0)])
    line.draw([Part("short", 0)])
    assert stream.getvalue() == "\ra longer line\rshort        "
    line.clear()
    line.clear()
    assert stream.getvalue().endswith("\r     \r")


@pytest.mark.parametrize("encoding,full", [("ascii", "#"), ("utf-8", "━")])
def test_a_bar_of_characters_that_the_terminal_has(encoding, full):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    drawn = bar(0.5, ascii_only=LiveLine(stream).ascii_only)
    drawn.encode(encoding)
    assert drawn.count(full) == len(drawn) / 2


@pytest.mark.parametrize(
    "max_steps,accumulate,expected",
    [(-1, 1, 5), (30, 1, 3), (31, 1, 4), (500, 1, 5), (6, 2, 2)],  # of 10 batches an epoch
)
def test_the_number_of_epochs(max_steps, accumulate, expected):
    trainer = SimpleNamespace(
        max_epochs=5, num_training_batches=10, accumulate_grad_batches=accumulate, max_steps=max_steps
    )
    assert epochs_of(trainer) == expected
