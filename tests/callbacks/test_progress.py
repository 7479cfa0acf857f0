"""The bar is drawn anew on a screen, and seldom in a file, which keeps every drawing."""

import io
import sys
import time
from types import SimpleNamespace

import pytest

from tunesmith.callbacks.progress import Progress


@pytest.mark.parametrize("on_screen", [True, False])
def test_drawings(monkeypatch, on_screen):
    class Stream(io.StringIO):
        def isatty(self):
            return on_screen

    stream = Stream()
    monkeypatch.setattr(sys, "stdout", stream)
    done = SimpleNamespace(current=SimpleNamespace(completed=0))
    trainer = SimpleNamespace(
        max_epochs=1,
        num_training_batches=200,
        max_steps=-1,
        accumulate_grad_batches=1,
        current_epoch=0,
        fit_loop=SimpleNamespace(epoch_loop=SimpleNamespace(batch_progress=done)),
        progress_bar_metrics={"loss": 0.5},
    )
    progress = Progress()
    progress.on_train_start(trainer, None)
    for batch in range(200):
        time.sleep(0.005)
        progress.on_train_batch_end(trainer, None, None, None, batch)
    progress.on_train_end(trainer, None)
    drawn = stream.getvalue().count("\r")
    assert drawn >= 4 if on_screen else drawn <= 2  # the first one, and the last one
    assert "200/200" in stream.getvalue()
