"""Losses, gradients and weights that are not finite: noted on the device, so that no step waits for it."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tunesmith.distributed import collectives

_NONE = torch.iinfo(torch.int64).max


class NonFiniteError(FloatingPointError):
    """A loss or a weight is not finite.

    Args:
        what: is not finite, such as `the training loss is nan`.
        step: optimizer steps that were completed when it was found.
        first: the optimizer step, from 1, with the first loss or gradient that was not finite; None if unknown.
    """

    def __init__(self, what: str, *, step: int, first: int | None) -> None:
        super().__init__(
            f"{what} at step {step}; lower optimizer.lr, use trainer.precision=32, or set trainer.on_nonfinite=rollback "
            "to leave out the step that fails"
        )
        self.what, self.found = what, step
        self.step = first or max(step, 1)


def largest(tensors: Sequence[Tensor]) -> Tensor:
    """The largest absolute value, a scalar on the device; NaN if any value is."""
    return torch.nn.utils.get_total_norm(tensors, norm_type=math.inf) if tensors else torch.zeros(())


class FirstNonFinite(nn.Module):
    """The first optimizer step at which a value was not finite."""

    _step: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("_step", torch.tensor(_NONE), persistent=False)

    def note(self, value: Tensor, *, step: int) -> None:
        """Note a value of a step.

        Args:
            value: a scalar on the device.
            step: from 1.
        """
        self._step.copy_(torch.where(value.isfinite(), self._step, self._step.clamp(max=step)))

    def step(self) -> int | None:
        """The step, over all ranks; None if every value was finite. Call it on every rank."""
        first = min(collectives.all_gather_ints(int(self._step)))
        return None if first == _NONE else first
