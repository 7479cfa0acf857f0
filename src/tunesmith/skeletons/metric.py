"""Mean distance between predicted and true label, for labels that are in order, such as stars."""

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric


class Skeleton(Metric):
    """The mean of |predicted - true| over label ids; not a number without examples."""

    higher_is_better = False  # without it, the score could not be monitored
    receives = "predictions"  # label ids; probabilities (examples, labels) if this line is left out
    total: Tensor
    count: Tensor

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.add_state("total", torch.tensor(0.0, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add examples.

        Args:
            preds: (examples,) predicted label ids.
            target: (examples,) true ones.
        """
        self.total += (preds - target).abs().sum()
        self.count += target.numel()

    def compute(self) -> Tensor:
        """A scalar."""
        return self.total / self.count
