"""The progress bar is updated often on a terminal, and rarely in a file, which keeps every update."""

import io
import sys
import time
from types import SimpleNamespace

import pytest

from tunesmith.callbacks.progress import Progress


@pytest.mark.parametrize("on_terminal", [True, False])
def test_updates(monkeypatch, on_terminal):
    class Stream(io.StringIO):
        def isatty(self):
            return on_terminal

    stream = Stream()
    monkeypatch.setattr(sys, "stdout", stream)
    batch_progress = SimpleNamespace(current=SimpleNamespace(completed=0))
    trainer = SimpleNamespace(
        max_epochs=1,
        num_training_batches=200,
        max_steps=-1,
        accumulate_grad_batches=1,
        current_epoch=0,
        fit_loop=SimpleNamespace(epoch_loop=SimpleNamespace(batch_progress=batch_progress)),
        progress_bar_metrics={"loss": 0.5},
    )
    progress = Progress()
    progress.on_train_start(trainer, None)
    for batch in range(200):
        time.sleep(0.005)
        progress.on_train_batch_end(trainer, None, None, None, batch)
    progress.on_train_end(trainer, None)
    updates = stream.getvalue().count("\r")
    assert updates >= 4 if on_terminal else updates <= 2  # the first one, and the last one
    assert "200/200" in stream.getvalue()
