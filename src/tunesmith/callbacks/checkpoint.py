"""Keeps the best epoch's weights, and the state from which a run that was cut off continues."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from tunesmith.callbacks.training_state import State, collect, restore, resume
from tunesmith.configuration.ranges import PositiveInt
from tunesmith.runs.verified_checkpoints import Checkpoints


class Checkpoint(pl.callbacks.Checkpoint):
    """Saves after every validation and, if wanted, every n optimizer steps; see `tunesmith.runs.verified_checkpoints`.

    Args:
        folder: of the run.
        monitor: the score that says which weights are the best.
        mode: whether it is to be large (`max`) or small (`min`).
        save_last: see `checkpoint`.
        every_n_steps: see `checkpoint`.
    """

    def __init__(self, folder: Path, monitor: str, mode: str, *, save_last: bool, every_n_steps: int | None) -> None:
        self._files = Checkpoints(folder / "checkpoints")
        self._monitor, self._sign = monitor, 1 if mode == "max" else -1
        self._save_last, self._every_n_steps = save_last, every_n_steps
        self._best_score: float | None = None
        self.best: str | None = None
        self._position = (0, 0)  # epoch, batches done in it
        self._saved = (0, 0)
        self.resumed: State | None = self._files.newest()

    def state_dict(self) -> dict[str, Any]:
        """The best score so far and its file."""
        return {"best_score": self._best_score, "best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up what `state_dict` gave."""
        self._best_score, self.best = state_dict["best_score"], state_dict["best"]

    def best_weights(self) -> dict[str, Tensor] | None:
        """The module's state at the best epoch; None if no epoch has ended."""
        if self.best is None:
            return None
        weights = self._files.load(self.best)
        if weights is None:
            raise OSError(f"checkpoints/{self.best} was damaged while the run went on; start the same command again")
        return weights

    def finish(self) -> None:
        """The run is done: keep what is still of use."""
        self._files.finish(best=self.best, keep_state=self._save_last)

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Take up the state, before anyone looks at the step or the epoch."""
        if self.resumed is not None:
            restore(trainer, pl_module, self.resumed)
            self._position = self._saved = (self.resumed["epoch"], self.resumed["batches"])

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Go on where the state was taken. Lightning calls checkpoint callbacks last, so nothing comes between."""
        if self.resumed is not None:
            state, self.resumed = self.resumed, None
            resume(trainer, state)

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Between two batches."""
        steps = self._every_n_steps
        between = batch_idx % trainer.accumulate_grad_batches == 0
        if steps and between and trainer.global_step and trainer.global_step % steps == 0:
            self.save(trainer)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """One batch further."""
        self._position = (trainer.current_epoch, batch_idx + 1)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Keep the weights if they are the best so far, and the state."""
        if trainer.state.fn != "fit":
            return
        score = self._sign * float(trainer.callback_metrics[self._monitor])
        if self._best_score is None or score > self._best_score:
            self._best_score, self.best = score, f"best-{trainer.global_step:08}.ckpt"
            if trainer.is_global_zero:
                self._files.save(self.best, pl_module.state_dict())
        self._position = (trainer.current_epoch + 1, 0)
        self.save(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """`max_steps` may end a run in the middle of an epoch."""
        self.save(trainer)

    def save(self, trainer: pl.Trainer) -> None:
        """Save the state, unless it has been. Call it only between optimizer steps, on every process."""
        if self._position == self._saved:
            return
        module: Any = trainer.lightning_module
        epoch, batches = self._position
        state = collect(trainer, module, epoch=epoch, batches=batches, best=self.best)
        if trainer.is_global_zero:
            for logger in trainer.loggers:
                logger.save()
            self._files.save_state(trainer.global_step, state)
        self._saved = self._position


def checkpoint(
    folder: Path, monitor: str, mode: str, *, save_last: bool, every_n_steps: PositiveInt | None
) -> Checkpoint:
    """The callback.

    Args:
        save_last: keep the last state when the run is done.
        every_n_steps: optimizer steps between two states within an epoch; null: only after each validation.
    """
    return Checkpoint(folder, monitor, mode, save_last=save_last, every_n_steps=every_n_steps)
