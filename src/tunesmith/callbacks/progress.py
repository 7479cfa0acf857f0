"""Progress of a run: a line on a terminal that is drawn again and again, and a line for each epoch, which stays.

Where the output goes to a file, it has whole lines only: one for each epoch, and within an epoch one a minute.
"""

import os
import sys
import time
from typing import Any

import pytorch_lightning as pl

from tunesmith.callbacks.epoch_scores import EpochScores, best_so_far, epochs_of
from tunesmith.callbacks.live_line import LiveLine, Part, bar, fitted, width
from tunesmith.documents.durations import duration, time_left
from tunesmith.errors.terminal import raw

_TERMINAL_SECONDS, _FILE_SECONDS = 0.2, 60.0  # between two updates; a file keeps all of them
_UNLIMITED = 10_000  # characters of a line in a file


def redrawable(stream: Any) -> bool:
    """Whether a stream is a terminal whose lines can be drawn again."""
    return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"


class Progress(pl.callbacks.ProgressBar):
    """Fraction, loss, best score and remaining time of training; the scores after each epoch.

    The remaining time is estimated from all batches of this process so far, the validations between them included.
    """

    def __init__(self) -> None:
        super().__init__()
        self._enabled = True
        self._live: LiveLine | None = None
        self._began = self._drawn = self._epoch_began = 0.0
        self._first = self._batches = self._total = 0
        self._examples = 0

    def disable(self) -> None:
        """Show nothing; Lightning calls this on all ranks except 0."""
        self._enabled = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin to count."""
        if not self._enabled:
            return
        per_epoch = int(trainer.num_training_batches)
        self._total = per_epoch * (trainer.max_epochs or 1)
        if trainer.max_steps > 0:
            accumulated = trainer.accumulate_grad_batches
            epochs, steps = divmod(trainer.max_steps, -(-per_epoch // accumulated))
            self._total = min(self._total, epochs * per_epoch + steps * accumulated)
        completed = trainer.fit_loop.epoch_loop.batch_progress.current.completed
        self._first = self._batches = per_epoch * trainer.current_epoch + completed
        self._began = self._drawn = self._epoch_began = time.monotonic()
        stream = raw(sys.stdout)
        self._live = LiveLine(stream) if redrawable(stream) else None

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Count the batch, and show it if it is time to."""
        self._batches += 1
        now = time.monotonic()
        if self._enabled and now - self._drawn > (_TERMINAL_SECONDS if self._live else _FILE_SECONDS):
            self._drawn = now
            self._show(self._parts(trainer))

    def on_validation_batch_end(self, trainer: pl.Trainer, *arguments: Any, **settings: Any) -> None:
        """Say that a longer validation is under way."""
        now = time.monotonic()
        if self._live and now - self._drawn > _TERMINAL_SECONDS:
            self._drawn = now
            training = trainer.state.fn == "fit"
            epoch = f"epoch {trainer.current_epoch + 1}/{epochs_of(trainer)}  " if training else ""
            done, total = int(arguments[3]) + 1, int(sum(trainer.num_val_batches))
            self._live.draw([Part(f"{epoch}{'validation' if training else 'scoring'} {done / total:.0%}", 0)])

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Print the epoch's scores."""
        if self._live:
            self._live.clear()
        if not self._enabled or trainer.state.fn != "fit":
            return
        found = EpochScores.of(trainer, pl_module)
        self._examples = found.examples
        now = time.monotonic()
        scores = [Part(text, rank) for rank, text in enumerate(found.shown, 1)]
        parts = [
            Part(f"epoch {found.epoch}/{found.epochs}", 0),
            Part("validation", 22),
            *scores,
            Part("best" if found.is_best else "", 0),
            Part(duration(now - self._epoch_began), 21),
            Part("" if self._live or self._batches >= self._total else self._left(), 20),
        ]
        print(fitted(parts, width() if self._live else _UNLIMITED), flush=True)
        self._drawn = self._epoch_began = now

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Remove the line."""
        self._clear()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Remove the line, so that the error message starts on a new line."""
        self._clear()

    def _parts(self, trainer: pl.Trainer) -> list[Part]:
        fraction = self._batches / max(self._total, 1)
        loss = trainer.progress_bar_metrics.get("loss")
        drawn = "" if self._live is None else bar(fraction, ascii_only=self._live.ascii_only)
        seconds = max(time.monotonic() - self._began, 1e-9)
        return [
            Part(f"epoch {trainer.current_epoch + 1}/{epochs_of(trainer)}", 0),
            Part(drawn, 5),
            Part(f"{fraction:.0%}", 3),
            Part("" if loss is None else f"loss {loss:.3f}", 4),
            Part(best_so_far(trainer, self._examples), 1),
            Part(self._left(), 2),
            Part(f"{(self._batches - self._first) / seconds:.3g} batches/s", 6),
        ]

    def _left(self) -> str:
        done, seconds = self._batches - self._first, time.monotonic() - self._began
        return time_left(seconds / done * (self._total - self._batches)) if done else ""

    def _show(self, parts: list[Part]) -> None:
        if self._live:
            self._live.draw(parts)
        else:
            print(fitted(parts, _UNLIMITED), flush=True)

    def _clear(self) -> None:
        if self._live:
            self._live.clear()
