"""Ctrl-C and SIGTERM end a run between two optimizer steps, with its state saved."""

import signal
from types import FrameType
from typing import Any

import pytorch_lightning as pl

from tunesmith.distributed import collectives
from tunesmith.errors import Interrupted


class Interruption(pl.Callback):
    """The first signal lets the step finish and saves; a second one stops at once, as does one outside training.

    Args:
        listens: whether this process decides for all of the run.
    """

    def __init__(self, *, listens: bool = True) -> None:
        self._listens = listens
        self._received: int | None = None
        self._training = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        self._previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        self._listen()
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _listen(self) -> None:
        for number in self._previous:
            signal.signal(number, self._receive if self._listens else signal.SIG_IGN)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        again, self._received = self._received is not None, self._received or number
        if again and number == signal.SIGTERM:
            return  # Slurm sends it twice at the same moment, and only then leaves time to save
        if again or not self._training:
            raise Interrupted(signal.Signals(number).name)
        print("\nStopping after this step; once more to stop at once.", flush=True)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """From here on there is something to save."""
        self._training = True
        self._listen()  # Lightning has put a handler of its own before ours, which ends with exit status 0

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Save and leave if a signal came, but not between the batches of one optimizer step."""
        if batch_idx % trainer.accumulate_grad_batches == 0:
            self._leave(trainer)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """An epoch's last batch is done."""
        self._listen()  # for when only scores are wanted
        self._leave(trainer)

    def on_validation_batch_start(self, trainer: pl.Trainer, *arguments: Any, **settings: Any) -> None:
        """A long validation does not keep anybody waiting, unless processes would have to agree at every batch."""
        if trainer.world_size == 1:
            self._leave(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """A signal that came after the last batch counts too; from here on the best weights are used."""
        self._leave(trainer)
        self._training = False

    def _leave(self, trainer: pl.Trainer) -> None:
        received = collectives.broadcast_int(self._received or 0)  # all processes stop at the same step, or none
        if not received:
            return
        keeper: Any = trainer.checkpoint_callback
        if keeper is not None:
            keeper.save(trainer)
        hint = (
            "the same command goes on from here"
            if keeper is not None
            else "nothing was saved: callbacks has no checkpoint"
        )
        raise Interrupted(f"{signal.Signals(received).name}; {hint}")
