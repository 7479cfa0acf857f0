"""Lightning's Trainer, configured for a run."""

from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.plugins.precision import MixedPrecision

from tunesmith.configuration.ranges import PositiveInt
from tunesmith.distributed.context import SINGLE_PROCESS, DistributedContext
from tunesmith.distributed.environment import SingleNodeEnvironment
from tunesmith.distributed.strategy import SingleNodeDDP
from tunesmith.errors import UserError


class CachedBfloat16(MixedPrecision):
    """bfloat16 autocast that casts each weight once per forward pass; Lightning's plugin casts at every use."""

    def autocast_context_manager(self) -> torch.autocast:
        """Context of one forward pass: the cache is cleared at its end, before the weights are updated."""
        return torch.autocast(self.device, dtype=torch.bfloat16, cache_enabled=True)


def trainer(
    folder: Path,
    callbacks: list[Any],
    loggers: list[Any],
    context: DistributedContext = SINGLE_PROCESS,
    *,
    max_epochs: PositiveInt,
    max_steps: PositiveInt | None,
    accelerator: Literal["auto", "cpu", "gpu", "mps"],
    devices: PositiveInt,
    precision: Literal[32, "bf16-mixed", "16-mixed"],
    accumulate_grad_batches: PositiveInt,
    deterministic: bool,
    log_every_n_steps: PositiveInt,
    on_nonfinite: Literal["stop", "rollback"],
    max_rollbacks: PositiveInt,
    progress_bar: bool,
) -> pl.Trainer:
    """The Trainer of one process of a run, which writes below `folder`.

    Args:
        max_epochs: passes over the training split.
        max_steps: optimizer steps after which the run ends early; null for no limit.
        accelerator: auto uses a GPU if there is one.
        devices: number of processes, one for each GPU; on a CPU as many processes.
        precision: 32, or mixed precision with bfloat16 or float16.
        accumulate_grad_batches: batches per optimizer step, whose loss is the mean over all of their terms.
        deterministic: use only operations whose results are bitwise reproducible.
        log_every_n_steps: optimizer steps between two logged training losses.
        on_nonfinite: what a loss or weight that is not finite does, see `tunesmith.training.rollback`.
        max_rollbacks: of the run.
        progress_bar: show a progress bar.
    """
    del on_nonfinite, max_rollbacks  # for what happens around a Trainer
    if progress_bar:
        from tunesmith.callbacks.progress import Progress

        callbacks = [*callbacks, Progress()]
    on_gpu = accelerator == "gpu" or (accelerator == "auto" and torch.cuda.is_available())
    cached = precision == "bf16-mixed" and (on_gpu or accelerator == "cpu" or not torch.backends.mps.is_available())
    plugins: list[Any] = [SingleNodeEnvironment(context)]
    if cached:
        plugins.append(CachedBfloat16("bf16-mixed", "cuda" if on_gpu else "cpu"))
    try:
        built = pl.Trainer(
            default_root_dir=folder,
            callbacks=callbacks,
            logger=loggers,
            max_epochs=max_epochs,
            max_steps=max_steps or -1,
            accelerator=accelerator,
            devices=devices,
            # Buffers need no broadcast: they are equal on all ranks, or accumulate for each rank.
            strategy=SingleNodeDDP(context, broadcast_buffers=False) if devices > 1 else "auto",
            precision=None if cached else precision,
            plugins=plugins,
            accumulate_grad_batches=accumulate_grad_batches,
            deterministic=deterministic,
            log_every_n_steps=log_every_n_steps,
            enable_progress_bar=progress_bar,
            enable_model_summary=False,
            enable_checkpointing=any(isinstance(callback, pl.callbacks.Checkpoint) for callback in callbacks),
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
        )
    except MisconfigurationException as error:
        raise UserError(f"trainer.accelerator={accelerator} cannot be used on this machine: {error}") from error
    if precision == "16-mixed" and built.strategy.root_device.type == "cpu":
        raise UserError("trainer.precision=16-mixed needs a GPU; use bf16-mixed or 32 on a CPU")
    return built
