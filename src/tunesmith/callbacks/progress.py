"""Progress bar of a run: epoch, step, loss, speed and remaining time."""

import sys
from typing import Any

import pytorch_lightning as pl
from tqdm.auto import tqdm

from tunesmith.errors.terminal import raw

_TERMINAL_SECONDS, _FILE_SECONDS = 0.2, 30.0  # between two updates; a file keeps all of them


class Progress(pl.callbacks.ProgressBar):
    """A progress bar over all batches of the run, and a line with the scores after every epoch."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Any = None

    def disable(self) -> None:
        """Disable the bar; Lightning calls this on all ranks except 0."""
        self._bar = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Open the bar."""
        epochs = trainer.max_epochs or 1
        steps = int(trainer.num_training_batches * epochs)
        if trainer.max_steps > 0:
            steps = min(steps, trainer.max_steps * trainer.accumulate_grad_batches)
        completed = (
            int(trainer.num_training_batches * trainer.current_epoch)
            + trainer.fit_loop.epoch_loop.batch_progress.current.completed
        )
        on_terminal = sys.stdout.isatty()
        self._bar = tqdm(
            total=steps,
            initial=completed,
            unit="batch",
            file=raw(sys.stdout),
            dynamic_ncols=True,
            mininterval=_TERMINAL_SECONDS if on_terminal else _FILE_SECONDS,
            maxinterval=10.0 if on_terminal else _FILE_SECONDS,
            smoothing=0.1,
        )

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Advance the bar by one batch."""
        if self._bar is not None and self._bar.update():  # true only if the bar was redrawn
            loss = trainer.progress_bar_metrics.get("loss")
            text = f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}"
            self._bar.set_description_str(text if loss is None else f"{text}  loss {loss:.3f}", refresh=False)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Print the epoch's scores above the bar."""
        if self._bar is not None:
            datamodule: Any = trainer.datamodule  # type: ignore[attr-defined]
            names = [*datamodule.task.metric_names, "loss"]
            shown = {name: pl_module.scores[name] for name in names if name in pl_module.scores}
            scores = "  ".join(f"{name} {value:.4f}" for name, value in shown.items())
            self._bar.write(f"epoch {trainer.current_epoch + 1}  validation  {scores}", file=raw(sys.stdout))

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Close the bar."""
        self._close()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Close the bar, so that the error message starts on a new line."""
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
