"""Gradient accumulation that equals one larger batch: the gradient is that of the mean over all terms of the batches.

Lightning divides the loss of each batch by their number: as if all had as many terms (tagged words, predicted tokens, class
weights), and as if the last optimizer step of an epoch, for which fewer may be left, had as many batches as the others. Here
each loss counts by its terms, and what has been accumulated is divided by the number of all of them.
"""

from collections.abc import Iterable

import torch
from torch import Tensor


class Accumulation:
    """The terms of the batches since the last optimizer step.

    Args:
        batches: for each optimizer step, by which the Trainer divides each loss.
    """

    def __init__(self, batches: int) -> None:
        self._batches = batches
        self._count = 0
        self._unit, self._terms = torch.ones(()), torch.zeros(())

    def weight(self, terms: Tensor) -> Tensor:
        """Weight of the loss of the next batch; 1 for as many terms as the first batch has, whose loss stays in the range of float16.

        Args:
            terms: of all ranks, a scalar on the device.
        """
        if not self._count:
            self._unit, self._terms = torch.where(terms > 0, terms, 1.0), torch.zeros_like(terms)
        self._count += 1
        self._terms = self._terms + terms
        return terms / self._unit

    def complete(self, parameters: Iterable[Tensor], *, is_last_batch: bool) -> None:
        """After a backward pass: if the optimizer step is due, divide the gradients by the number of terms.

        Args:
            parameters: with the gradients; all ranks have the same.
            is_last_batch: of the epoch, after which a step is always due.
        """
        if not self._count or (self._count < self._batches and not is_last_batch):
            return
        self._count = 0
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if gradients:
            scale = torch.where(self._terms > 0, self._batches * self._unit / self._terms, 1.0)
            torch._foreach_mul_(gradients, scale)
