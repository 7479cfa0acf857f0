"""What a method of a plugin returned in a trial, against what its contract says: one message with expected and received."""

import math
from typing import Any

import torch
from torch import Tensor

from tunesmith.configuration.plugin_errors import message
from tunesmith.data.batch import Batch
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line


def check_scores(scores: Any, name: str) -> None:
    """Scores of a head's `forward`.

    Raises:
        UserError: if they are no finite tensor.
    """
    if not isinstance(scores, Tensor):
        raise unexpected(f"{name}.forward", "a tensor of scores", scores)
    if not scores.isfinite().any():
        raise unexpected(f"{name}.forward", "finite scores", scores)


def check_loss(loss: Any, name: str, head: Any) -> None:
    """The loss of a head, and its gradient.

    Raises:
        UserError: if it is no finite scalar, or the head's weights get no gradient.
    """
    expected = "a scalar tensor, finite and with a gradient"
    if not isinstance(loss, Tensor) or loss.dim() != 0 or not math.isfinite(loss.item()) or not loss.requires_grad:
        raise unexpected(f"{name}.loss", expected, loss)
    asked(f"{name}.loss", loss.backward)
    own = [part for part in head.parameters() if part.requires_grad]
    if own and not any(part.grad is not None for part in own):
        raise UserError(
            f"{name}.loss: expected a gradient of the head's weights, received none; compute the loss from the scores"
        )


def check_outputs(outputs: Any, name: str, batch: Batch) -> None:
    """What a head's `decode` returned.

    Raises:
        UserError: if it is not a row for each of the batch, or probabilities are none.
    """
    expected = f"a dictionary of tensors with {batch.size} row{'s' * (batch.size != 1)}, one for each of the batch"
    if not isinstance(outputs, dict) or not outputs:
        raise unexpected(f"{name}.decode", expected, outputs)
    for key, value in outputs.items():
        if not isinstance(value, Tensor) or value.dim() == 0 or len(value) != batch.size:
            raise unexpected(f"{name}.decode", expected, value, what=f"{key}: ")
    probabilities = outputs.get("probabilities")
    if probabilities is not None and not ((probabilities >= -1e-3) & (probabilities <= 1 + 1e-3)).all():
        raise UserError(
            f"{name}.decode: expected probabilities from 0 to 1, received {probabilities.min().item():.3g} to "
            f"{probabilities.max().item():.3g}; apply softmax or sigmoid to the scores"
        )


def check_same(beside: Tensor, alone: Tensor, what: str, dtype: torch.dtype) -> None:
    """What a head gives for an example, beside others and in a batch of its own; what is as long as the batch is skipped.

    Args:
        beside: (1, ...) of the example in a batch of several.
        alone: (1, ...) of the example in a batch of one.
        what: the method, and which of its outputs.
        dtype: in which it was computed: sums over another length are rounded otherwise.

    Raises:
        UserError: if they differ by more than rounding.
    """
    if beside.shape != alone.shape or not alone.is_floating_point():
        return
    tolerance = torch.finfo(dtype).eps ** 0.5
    if torch.allclose(beside, alone, rtol=tolerance, atol=tolerance, equal_nan=True):
        return
    raise UserError(
        f"{what}: expected the same for an example alone and beside others, received values that differ by "
        f"{(beside - alone).abs().max().item():.2g}; leave padding out (batch.inputs['attention_mask'] is 0 there), and compute "
        "nothing over the examples of a batch"
    )


def unexpected(method: str, expected: str, received: Any, *, what: str = "") -> UserError:
    """The error for what a method returned."""
    return UserError(f"{method}: expected {expected}, received {what}{shown(received)}")


def shown(value: Any) -> str:
    """`a float32 tensor (2, 3)`; of a scalar, its value."""
    if not isinstance(value, Tensor):
        return f"{type(value).__name__} {value!r:.60}" if value is not None else "None"
    if value.dim() == 0:
        return f"{value.item():.3g}{'' if value.requires_grad else ' without a gradient'}"
    return f"a {str(value.dtype).removeprefix('torch.')} tensor {tuple(value.shape)}"


def asked(method: str, call: Any, what: str = "of two examples") -> Any:
    """What a call returns.

    Raises:
        UserError: if it fails: with file and line if that is in the plugin.
    """
    try:
        return call()
    except UserError:
        raise
    except Exception as error:
        reason = message(error) or f"{type(error).__name__}: {first_line(error)}"
        raise UserError(f"{method} {what} fails: {reason}") from error
