"""Saves the best epoch's weights, and the training state from which an interrupted run resumes."""

import math
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from tunesmith.callbacks.resumable_state import State, check_states, collect, ended_unvalidated, restore, resume
from tunesmith.configuration.ranges import PositiveInt
from tunesmith.runs.messages import warning
from tunesmith.runs.verified_checkpoints import Checkpoints


class Checkpoint(pl.callbacks.Checkpoint):
    """Saves after every validation and optionally every n optimizer steps; see `tunesmith.runs.verified_checkpoints`.

    Args:
        folder: the run's folder.
        monitor: score by which the best weights are chosen.
        mode: `max` if larger scores are better, `min` if smaller ones are.
        save_last: see `checkpoint`.
        save_model: see `checkpoint`.
        every_n_steps: see `checkpoint`.
    """

    def __init__(
        self, folder: Path, monitor: str, mode: str, *, save_last: bool, save_model: bool, every_n_steps: int | None
    ) -> None:
        self._files = Checkpoints(folder / "checkpoints")
        self.monitor, self._sign = monitor, 1 if mode == "max" else -1
        self._save_last, self.save_model, self._every_n_steps = save_last, save_model, every_n_steps
        self._best_score: float | None = None
        self.best: str | None = None
        self.undefined = False  # whether the score of an epoch was not a number, which is never the best
        self._position = (0, 0)  # epoch, batches completed in it
        self._saved = (0, 0)
        self._max_steps: int | None = None  # while a run that has reached it is resumed for its last validation
        self.resumed: State | None = self._files.newest()

    def state_dict(self) -> dict[str, Any]:
        """The best score so far and the file of its weights, and whether any score was not a number."""
        return {"best_score": self._best_score, "best": self.best, "undefined": self.undefined}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self._best_score, self.best = state_dict["best_score"], state_dict["best"]
        self.undefined = state_dict.get("undefined", False)  # a state of version 0.1.0 lacks it
        if self._best_score is not None and not math.isfinite(self._best_score):  # which that version took for the best
            self._best_score, self.undefined = None, True

    @property
    def best_value(self) -> float | None:
        """The monitored score of the best epoch so far; None before the first."""
        return None if self._best_score is None else self._sign * self._best_score

    def improves(self, value: float) -> bool:
        """Whether a value of the monitored score is better than all so far; one that is not finite never is."""
        score = self._sign * value
        return math.isfinite(score) and (self._best_score is None or score > self._best_score)

    def best_weights(self) -> dict[str, Tensor] | None:
        """The module's state dict at the best epoch; None if no epoch has ended."""
        if self.best is None:
            return None
        weights = self._files.load(self.best)
        if weights is None:
            raise OSError(f"checkpoints/{self.best} was corrupted during the run; run the same command again")
        return weights

    def finish(self) -> None:
        """Remove the files that a completed run no longer needs."""
        keeps = self.save_model
        self._files.finish(best=self.best if keeps else None, keep_state=keeps and self._save_last)

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Restore the state before anything reads the step or the epoch. Lightning calls checkpoint callbacks last."""
        check_states(trainer)
        if self.resumed is not None:
            restore(trainer, pl_module, self.resumed)
            if ended_unvalidated(trainer, self.resumed):
                self._max_steps = trainer.max_steps
                trainer.fit_loop.epoch_loop.max_steps = -1  # else Lightning would not begin, and validate nothing
            self._position = self._saved = (self.resumed["epoch"], self.resumed["batches"])

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Resume where the state was taken: no other callback's hook follows."""
        if self.resumed is not None:
            state, self.resumed = self.resumed, None
            ended = self._max_steps is not None
            if self._max_steps is not None:
                trainer.fit_loop.epoch_loop.max_steps, self._max_steps = self._max_steps, None
            resume(trainer, state, ended=ended)

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Save every n optimizer steps."""
        steps = self._every_n_steps
        at_optimizer_step = batch_idx % trainer.accumulate_grad_batches == 0
        if steps and at_optimizer_step and trainer.global_step and trainer.global_step % steps == 0:
            self.save(trainer)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Advance the position by one batch; what `max_steps` ends within an epoch is validated like the end of one."""
        self._position = (trainer.current_epoch, batch_idx + 1)
        if trainer.global_step >= trainer.max_steps > 0:
            trainer.should_stop = True

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Save the weights if they are the best so far, and the training state."""
        if trainer.state.fn != "fit":
            return
        pl_module.check_finite()
        value = float(trainer.callback_metrics[self.monitor])
        if not math.isfinite(value):
            self.undefined = True
            if trainer.is_global_zero:
                warning(f"{self.monitor} is {value} in epoch {trainer.current_epoch + 1}, which is not the best")
        elif self.improves(value):
            self._best_score, self.best = self._sign * value, f"best-{trainer.global_step:08}.ckpt"
            if trainer.is_global_zero:
                self._files.save(self.best, pl_module.evaluated_state_dict())
        self._position = (trainer.current_epoch + 1, 0)
        self.save(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Save, if a run ended without a validation."""
        self.save(trainer)

    def save(self, trainer: pl.Trainer) -> None:
        """Save the training state, unless it is already saved. Call it only between optimizer steps, on every rank."""
        if self._position == self._saved:
            return
        module: Any = trainer.lightning_module
        module.use_trained_weights()  # if a signal ends a validation
        module.check_finite()
        epoch, batches = self._position
        state = collect(trainer, module, epoch=epoch, batches=batches, best=self.best)
        if trainer.is_global_zero:
            for logger in trainer.loggers:
                logger.save()
            self._files.save_state(trainer.global_step, state)
        self._saved = self._position


def checkpoint(
    folder: Path, monitor: str, mode: str, *, save_last: bool, save_model: bool, every_n_steps: PositiveInt | None
) -> Checkpoint:
    """The checkpoint callback.

    Args:
        save_last: keep the last training state when the run is completed.
        save_model: keep weights when the run is completed: `model/`, the best weights and the last state.
        every_n_steps: optimizer steps between two checkpoints within an epoch; null: only after each validation.
    """
    return Checkpoint(folder, monitor, mode, save_last=save_last, save_model=save_model, every_n_steps=every_n_steps)
