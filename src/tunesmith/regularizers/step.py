"""What a training step offers to regularizers: the batch, passes through the model, and perturbations of its embeddings.

A pass is made when it is first asked for, and shared by all who ask: a step without regularizers makes one, `plain`; R-Drop and
others use a `second` one with its own dropout masks; what perturbs the input makes its own by `forward`.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from tunesmith.data.batch import Batch


class Pass:
    """One pass of a batch through a model.

    Args:
        head: the model's.
        batch: its input.
        hidden: (batch, length, width).
        scores: the head's.
    """

    def __init__(self, head: Any, batch: Batch, hidden: Tensor, scores: Tensor) -> None:
        self._head, self._batch, self.hidden, self.scores = head, batch, hidden, scores

    @functools.cached_property
    def loss(self) -> Tensor:
        """The head's loss, a scalar."""
        loss: Tensor = self._head.loss(self.scores, self._batch)
        return loss

    @functools.cached_property
    def distribution(self) -> Any:
        """What the head predicts, see `tunesmith.heads.distributions`."""
        return self._head.distribution(self.scores, self._batch)


class TrainingStep:
    """A batch in training.

    Args:
        module: a `FineTuningModule`.
        batch: on the module's device.
        reads_gradient: whether a regularizer will read `embedding_gradient`.
        weights: called at each pass that is given no weights, for those that it uses instead of the module's own.
    """

    def __init__(
        self,
        module: Any,
        batch: Batch,
        *,
        reads_gradient: bool = False,
        weights: Callable[[], Mapping[str, Tensor]] = dict,
    ) -> None:
        self.module, self.batch = module, batch
        self._weights = weights
        self._offset = self.no_offset() if reads_gradient else None

    def forward(self, *, offset: Tensor | None = None, weights: Mapping[str, Tensor] | None = None) -> Pass:
        """A new pass, with its own dropout masks.

        Args:
            offset: (batch, length, embedding width), added to the embeddings.
            weights: used instead of the module's own, by name.
        """
        used = self._weights() if weights is None else weights
        if not used:
            return self.module(self.batch, offset=offset)
        # A head's distribution may depend on weights that are replaced only during the call.
        options = {"offset": offset, "with_distribution": weights is not None}
        return torch.func.functional_call(self.module, dict(used), (self.batch,), options)

    @functools.cached_property
    def plain(self) -> Pass:
        """The pass that training without regularizers makes."""
        return self.forward(offset=self._offset)

    @functools.cached_property
    def second(self) -> Pass:
        """A second pass of the same batch."""
        return self.forward()

    @functools.cached_property
    def embedding_gradient(self) -> Tensor:
        """(batch, length, embedding width) the gradient of the plain loss with respect to the embeddings."""
        assert self._offset is not None, "set reads_gradient = True in the regularizer"
        (gradient,) = gradients_of(self.plain.loss, [self._offset], self.module, retain_graph=True)
        return gradient

    def no_offset(self) -> Tensor:
        """(batch, length, embedding width) of zeros, whose gradient is that of the embeddings."""
        table, ids = self.module.backbone.embeddings.weight, self.batch.inputs["input_ids"]
        return torch.zeros(*ids.shape, table.shape[1], dtype=table.dtype, device=table.device, requires_grad=True)

    @functools.cached_property
    def tokens(self) -> Tensor:
        """(batch, length, 1) 1 for tokens and 0 for padding."""
        ids, mask = self.batch.inputs["input_ids"], self.batch.inputs.get("attention_mask")
        return (torch.ones_like(ids) if mask is None else mask).unsqueeze(-1).float()

    @functools.cached_property
    def trained(self) -> list[Tensor]:
        """The parameters that are trained."""
        return [parameter for parameter in self.module.parameters() if parameter.requires_grad]


def gradients_of(loss: Tensor, inputs: Sequence[Tensor], module: Any, *, retain_graph: bool = False) -> list[Any]:
    """The gradients of a loss, scaled on their way as a backward pass in float16 is: small ones would become 0.

    Args:
        loss: a scalar.
        inputs: the gradient is None for one that it does not depend on.
        module: a `FineTuningModule`.
        retain_graph: whether another backward pass follows.
    """
    scale: float = module.loss_scale
    if scale == 1:
        return list(torch.autograd.grad(loss, inputs, allow_unused=True, retain_graph=retain_graph))
    found = torch.autograd.grad(loss * scale, inputs, allow_unused=True, retain_graph=retain_graph)
    return [None if gradient is None else gradient / scale for gradient in found]


def with_gradients(value: Tensor, parameters: Sequence[Tensor], gradients: Sequence[Tensor | None]) -> Tensor:
    """A scalar with a given value, whose gradient with respect to each parameter is the given one.

    What several backward passes have accumulated becomes a term of the loss, so that whatever follows a backward pass, such
    as the averaging over processes and the scaling of float16, sees it like any other.
    """
    found: Tensor = _GivenGradients.apply(value.detach(), gradients, *parameters)
    return found


class _GivenGradients(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, gradients: Sequence[Tensor | None], *parameters: Tensor) -> Tensor:
        ctx.gradients = gradients
        return value.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, weight: Tensor) -> Any:
        scaled = iter(torch._foreach_mul([gradient for gradient in ctx.gradients if gradient is not None], weight))
        return None, None, *(None if gradient is None else next(scaled) for gradient in ctx.gradients)
