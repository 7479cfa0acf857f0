"""Training state from which a run resumes as if it had not been interrupted.

Lightning's own resume leaves out the random states, replays the data of the epoch and depends on where in its loops the
checkpoint was taken. Here a state is taken only between two batches, between training and validation, or after
validation; `epoch` and `batches` record the position, and a resumed run starts its loops there.
"""

import random
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch

from tunesmith.distributed import collectives
from tunesmith.errors.messages import full_name
from tunesmith.runs.loadable import check_loadable

State = dict[str, Any]


def collect(trainer: pl.Trainer, module: Any, *, epoch: int, batches: int, best: str | None) -> State:
    """The training state of a run. Call it on every rank, since each has its own random states.

    Args:
        epoch: from 0; equal to the number of epochs once the last one is completed.
        batches: completed batches of this epoch; all of them if its validation is due.
        best: file with the best weights so far.
    """
    return {
        "epoch": epoch,
        "batches": batches,
        "step": trainer.global_step,
        "best": best,
        "weights": module.state_dict(),
        "optimizer": trainer.optimizers[0].state_dict(),
        "scheduler": trainer.lr_scheduler_configs[0].scheduler.state_dict(),
        "precision": trainer.precision_plugin.state_dict(),
        "callbacks": _states_of_callbacks(trainer),
        "loggers": _states_of_loggers(trainer),
        "progress": collectives.all_gather_objects(module.progress()),
        "should_stop": trainer.should_stop,
        "random": collectives.all_gather_objects(_random_states()),
    }


def restore(trainer: pl.Trainer, module: Any, state: State) -> None:
    """Restore weights, optimizer and callbacks, and set Lightning's loops to the position."""
    module.load_state_dict(state["weights"])
    trainer.optimizers[0].load_state_dict(state["optimizer"])
    trainer.lr_scheduler_configs[0].scheduler.load_state_dict(state["scheduler"])
    if state["precision"]:
        trainer.precision_plugin.load_state_dict(state["precision"])
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if callback.state_key in state["callbacks"]:
            callback.load_state_dict(state["callbacks"][callback.state_key])
    for logger in _loggers_with_state(trainer):  # those of rank 0
        if "loggers" not in state:
            logger.read(state["step"])
        elif type(logger).__name__ in state["loggers"]:
            logger.load_state_dict(state["loggers"][type(logger).__name__])
    # With another world size, ranks restore the accumulated loss of the first ones.
    module.restore_progress(state["progress"][trainer.global_rank % len(state["progress"])])

    fit_loop, loop = trainer.fit_loop, trainer.fit_loop.epoch_loop
    _set_epoch(trainer, state["epoch"])
    steps = loop.automatic_optimization.optim_progress.optimizer.step.total
    steps.ready = steps.completed = state["step"]
    loop._batches_that_stepped = state["step"]
    if state["batches"] > 0 and state["epoch"] < (fit_loop.max_epochs or 0):
        loop._restarting = True  # affects only its counters: the batch plan itself starts at the right batch
        loop._batches_that_stepped -= 1  # the loop's reset adds it again
        counters: Any = loop.batch_progress
        for counter in (counters.current, counters.total):
            counter.ready = counter.started = counter.processed = counter.completed = state["batches"]


def resume(trainer: pl.Trainer, state: State, *, ended: bool = False) -> None:
    """Last step before training continues: restore the random states and run a validation that is due.

    Args:
        trainer: at the start of training.
        state: of the interrupted run.
        ended: see `ended_unvalidated`.
    """
    loop = trainer.fit_loop.epoch_loop
    if len(state["random"]) == trainer.world_size:
        _set_random_states(state["random"][trainer.global_rank])  # before validation, which saves a state at its end
    if ended or _validation_due(state, batches=int(trainer.num_training_batches)):
        loop._restarting = False
        loop.batch_progress.reset_on_run()
        loop._batches_that_stepped = state["step"]
        trainer.validating = True
        loop.val_loop.run()
        trainer.training = True
        _set_epoch(trainer, state["epoch"] + 1)
    trainer.should_stop = trainer.should_stop or state["should_stop"]


def ended_unvalidated(trainer: pl.Trainer, state: State) -> bool:
    """Whether the run was cut between its last step, by `max_steps`, and the validation that follows it."""
    return bool(state["batches"] and state["step"] >= trainer.max_steps > 0)


def next_batch(state: State, *, batches: int) -> tuple[int, int]:
    """Epoch and index of the first batch that a resumed run trains on.

    Args:
        state: of the interrupted run.
        batches: number of batches per epoch.
    """
    if _validation_due(state, batches=batches):
        return state["epoch"] + 1, 0
    return state["epoch"], state["batches"]


def _validation_due(state: State, *, batches: int) -> bool:
    """Whether the state was taken between an epoch's last batch and its validation."""
    return bool(state["batches"] == batches)


def _set_epoch(trainer: pl.Trainer, epoch: int) -> None:
    progress: Any = trainer.fit_loop.epoch_progress
    for counter in (progress.current, progress.total):
        counter.ready = counter.started = counter.processed = counter.completed = epoch


def check_states(trainer: pl.Trainer) -> None:
    """Refuse states that could not be loaded again, before the first step is trained.

    Raises:
        UserError: with the class.
    """
    _states_of_callbacks(trainer)
    _states_of_loggers(trainer)


def _states_of_callbacks(trainer: Any) -> State:
    """What callbacks, regularizers among them, have to keep, by their keys."""
    states = ((callback, callback.state_dict()) for callback in trainer.callbacks)
    return {callback.state_key: _loadable(callback, state) for callback, state in states if state}


def _states_of_loggers(trainer: Any) -> State:
    """What loggers have to keep, by the names of their classes."""
    found = {}
    for logger in _loggers_with_state(trainer):
        state, is_ours = logger.state_dict(), type(logger).__module__.startswith("tunesmith.")
        # Ours are plain, and may be large: the rows of metrics.csv.
        found[type(logger).__name__] = state if is_ours else _loadable(logger, state)
    return found


def _loadable(part: Any, state: State) -> State:
    """The state of a part, once it is known that it can be read again."""
    check_loadable(state, f"{full_name(type(part))}.state_dict()")
    return state


def _loggers_with_state(trainer: Any) -> list[Any]:
    return [logger for logger in trainer.loggers if hasattr(logger, "load_state_dict")]


def _random_states() -> dict[str, Any]:
    kind, keys, *rest = np.random.get_state(legacy=True)
    states = {
        "python": random.getstate(),
        "numpy": (kind, torch.from_numpy(np.asarray(keys, dtype=np.int64)), *rest),
        "torch": torch.get_rng_state(),
    }
    return states | ({"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else {})


def _set_random_states(states: dict[str, Any]) -> None:
    version, internal, gauss = states["python"]
    random.setstate((version, tuple(internal), gauss))
    kind, keys, *rest = states["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(states["torch"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])
