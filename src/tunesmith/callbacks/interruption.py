"""Stops a run on Ctrl-C, SIGTERM or SIGHUP (a closed terminal), between two optimizer steps and with its state saved."""

import signal
import threading
from types import FrameType
from typing import Any

import pytorch_lightning as pl

from tunesmith.distributed import collectives
from tunesmith.errors import Interrupted, signal_name
from tunesmith.errors.terminal import print_in_signal_handler


class Interruption(pl.Callback):
    """The first signal finishes the step and saves; a second one, or one outside training, stops immediately.

    Args:
        handles_signals: false to ignore signals; rank 0 decides when all ranks stop.
    """

    def __init__(self, *, handles_signals: bool = True) -> None:
        self._handles_signals = handles_signals
        self._received: int | None = None
        self._training = False
        self._resumes = ""  # how, once there is something to resume from
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is not threading.main_thread():
            return self  # signals reach the main thread only, and only it may install handlers
        handled = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup sets it
            handled.append(signal.SIGHUP)
        self._previous = {number: signal.getsignal(number) for number in handled}
        self._install_handlers()
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _install_handlers(self) -> None:
        for number in self._previous:
            signal.signal(number, self._receive if self._handles_signals else signal.SIG_IGN)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        again, self._received = self._received is not None, self._received or number
        if again and number != signal.SIGINT:
            return  # Slurm sends SIGTERM twice at once, and only then grants time to save
        if again or not self._training:
            second = "a second " if again and number == self._received else ""
            raise Interrupted(f"{second}{signal_name(number)}{self._resumes}")
        hint = " Press Ctrl-C again to stop immediately." if number == signal.SIGINT else ""
        print_in_signal_handler(f"\n{signal_name(number)}: stopping after this step.{hint}")

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop between steps from here on, since there is something to save."""
        self._training = True
        if trainer.checkpoint_callback is not None:
            self._resumes = "; the same command resumes from the last checkpoint"
        self._install_handlers()  # Lightning has installed its own handlers over ours; they exit with status 0

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Stop if a signal was received, but not between the batches of one optimizer step."""
        if batch_idx % trainer.accumulate_grad_batches == 0:
            self._stop_if_signalled(trainer)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop if a signal was received; an epoch's last batch is completed."""
        self._install_handlers()  # when there was no training before, only evaluation
        self._stop_if_signalled(trainer)

    def on_validation_batch_start(self, trainer: pl.Trainer, *arguments: Any, **settings: Any) -> None:
        """Stop during a long validation; not with several ranks, which would have to communicate for every batch."""
        if trainer.world_size == 1:
            self._stop_if_signalled(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop if a signal came after the last batch; from here on the best weights are used."""
        self._stop_if_signalled(trainer)
        self._training = False

    def _stop_if_signalled(self, trainer: pl.Trainer) -> None:
        received = collectives.broadcast_int(self._received or 0)  # all ranks stop at the same step
        if not received:
            return
        checkpoint: Any = trainer.checkpoint_callback
        if checkpoint is not None:
            checkpoint.save(trainer)
        hint = (
            f"the same command resumes from here, step {trainer.global_step:,}, which is saved"
            if checkpoint is not None
            else "nothing was saved, because callbacks has no checkpoint"
        )
        raise Interrupted(f"{signal_name(received)}; {hint}")
