"""Callback that reports each epoch's score to the study, and stops the run when the pruner decides to."""

import math
from typing import Any

import optuna
import pytorch_lightning as pl

from tunesmith.errors import Pruned
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job
from tunesmith.sweeps.search.objectives import objectives
from tunesmith.sweeps.search.study import open_study
from tunesmith.sweeps.settings import Settings


class Pruning(pl.Callback):
    """Reports the best score so far, since a finished run is scored by its best epoch.

    Args:
        folder: of the sweep.
        job: whose scores are reported.
    """

    def __init__(self, folder: SweepFolder, job: Job) -> None:
        settings = Settings(**folder.read()["settings"])
        (self._objective,) = objectives(settings, job.config)
        max_epochs = job.config["trainer"]["max_epochs"]
        study = open_study(folder.study, settings, [self._objective], max_epochs=max_epochs)
        assert job.trial is not None
        known = study.get_trials(deepcopy=False)[job.trial]
        self._trial = optuna.trial.Trial(study, known._trial_id)
        self._best = list(known.intermediate_values.values())
        self._pruned = False

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Report the score of the epoch."""
        if trainer.state.fn != "fit":
            return
        self._best.append(float(trainer.callback_metrics[self._objective.name]))
        finite = [score for score in self._best if math.isfinite(score)]
        better = max if self._objective.direction == "maximize" else min
        best = better(finite, default=math.nan)  # which Optuna takes for the worst
        epoch = trainer.current_epoch + 1
        self._trial.report(best, step=epoch)
        self._pruned = epoch < (trainer.max_epochs or 0) and self._trial.should_prune()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Stop here, after the epoch's checkpoint is saved: another sweep may resume from it."""
        if self._pruned:
            raise Pruned(f"{self._objective.name} {self._best[-1]:.4f} after epoch {trainer.current_epoch + 1}")
