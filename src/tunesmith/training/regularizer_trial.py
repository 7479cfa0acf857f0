"""Tries a regularizer of a plugin in one training step of a small model."""

import functools
from collections.abc import Callable
from typing import Any

from torch import Tensor

from tunesmith.data.batch import Batch
from tunesmith.errors import UserError
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep
from tunesmith.training.module import FineTuningModule
from tunesmith.training.received import asked, unexpected

# Lightning calls these before the first step, with its trainer, which there is not yet.
_PREPARES = ("setup", "on_fit_start", "on_train_start", "on_train_epoch_start", "on_train_batch_start")


def try_regularizer(module: FineTuningModule, name: str, batch: Batch) -> None:
    """Compute the loss of a step and its gradient.

    One that prepares something with Lightning's trainer is left to the run, as is one that needs more examples. What is not
    finite here may be so in a whole batch; a run stops at a loss that is not.

    Args:
        module: with this regularizer alone.
        name: of its class.
        batch: of training.

    Raises:
        UserError: with the method, what was expected and what was received.
    """
    (regularizer,) = module.regularizers
    prepares = any(getattr(type(regularizer), method) is not getattr(Regularizer, method) for method in _PREPARES)
    if prepares or batch.size < regularizer.smallest_batch:
        return
    vars(regularizer)["penalty"] = functools.partial(_checked_penalty, regularizer.penalty, f"{name}.penalty")
    module.train().prepared(batch, training=True)
    try:
        loss = asked(name, lambda: module.training_step(batch, 0), "in a training step")
        if not isinstance(loss, Tensor) or loss.dim() != 0 or not loss.requires_grad:
            raise unexpected(name, "a loss that is a scalar with a gradient", loss)
        asked(name, loss.backward, "in a training step")
    except UserError as error:
        if "attached to" not in str(error):  # else it asks for Lightning's trainer
            raise


def _checked_penalty(penalty: Callable[[TrainingStep], Any], name: str, step: TrainingStep) -> Any:
    found = asked(name, lambda: penalty(step), "of some examples")
    if found is not None and not (isinstance(found, Tensor) and found.dim() == 0):
        raise unexpected(name, "None, or a scalar tensor", found)
    return found
