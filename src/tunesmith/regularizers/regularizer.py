"""The base class of regularizers: what one may do to a run, in the order in which it is asked."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from torch import Tensor, nn

from tunesmith.regularizers.step import TrainingStep


class Regularizer(pl.Callback):
    """A Lightning callback, of which each method below does nothing unless a subclass overrides it.

    Evaluation never sees a regularizer: nothing below is called in it, and what changes the model itself acts in training
    mode only. State that a resumed run needs is in Lightning's `state_dict` and `load_state_dict`.

    Attributes:
        needs: what the head must list in its `offers`.
        problems: values of `dataset.problem` that it applies to.
        smallest_batch: the minimum number of examples in a batch.
        conflicts: other regularizers that it cannot be combined with, and why.
        replaces: what only one regularizer can replace: `the loss`, `the weights of a pass`, `the evaluated weights`.
        reads_gradient: whether it reads the step's `embedding_gradient`.
        skips_plain: whether its `task_loss` or its `penalty` does without the plain pass.
        adds_parameters: whether its `configure_model` adds parameters; it comes first, so that others see all of them.
        freezes_parameters: whether its `configure_model` freezes parameters; it comes next, so that others see what is trained.
    """

    needs: tuple[str, ...] = ()
    smallest_batch = 1
    conflicts: Mapping[str, str] = {}
    replaces: tuple[str, ...] = ()
    reads_gradient = False
    skips_plain = False
    adds_parameters = False
    freezes_parameters = False

    @property
    def passes(self) -> tuple[float, float]:
        """Forward and backward passes that it adds to each training step."""
        return 0, 0

    @property
    def repeats(self) -> int:
        """How often `around` computes the whole step."""
        return 1

    # Before training, in this order.

    def check_task(self, task: Any) -> None:
        """Raise a `UserError` if it does not fit the task, whose labels are known; before any weights are loaded."""

    def configure_backbone(self, config: Any) -> None:
        """Change the Hugging Face config before the weights are loaded."""

    def configure_model(self, module: Any) -> None:
        """Change the model once it is built: freeze or add parameters, initialise some again, add hooks.

        Called on every rank, also for a run that resumes: the weights are restored afterwards. `tunesmith check` calls it for
        a model without values, on the device `meta`.
        """

    def parameter_options(self, name: str, parameter: nn.Parameter, module: Any) -> dict[str, float]:
        """`weight_decay` or `lr_scale` of one parameter; factors of several regularizers are multiplied."""
        return {}

    # In each training step, in this order.

    def around(self, module: Any, compute: Callable[[], Tensor]) -> Tensor:
        """The loss of a whole step; `compute` returns it for the present weights, and may be called several times."""
        return compute()

    def forward_weights(self, module: Any) -> Mapping[str, Tensor]:
        """Weights that a pass uses instead of the module's own, by name; called for each pass."""
        return {}

    def task_loss(self, step: TrainingStep) -> Tensor | None:
        """The loss of the task, a scalar, instead of the head's in the plain pass; one regularizer may have it."""
        return None

    def penalty(self, step: TrainingStep) -> Tensor | None:
        """A term that is added to the loss, a scalar."""
        return None

    # Lightning calls `on_after_backward` after each batch and `on_before_optimizer_step` once the gradient of all accumulated
    # batches is complete; there `standard` clips it.

    def before_update(self, module: Any) -> None:
        """Change the clipped gradients."""

    def after_update(self, module: Any) -> None:
        """Read or change the weights after an optimizer step."""

    # Around training.

    def evaluation_weights(self) -> Mapping[str, Tensor]:
        """Weights to evaluate and to save instead of the trained ones, by name; empty for the trained ones."""
        return {}

    def finish(self, module: Any) -> None:
        """After training, before the model is scored and saved: remove what the saved model does not need."""

    def save(self, folder: Path) -> None:
        """Write what belongs into the folder of the saved model beside the weights that were scored; on rank 0."""
