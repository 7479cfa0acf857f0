"""An average of the trained weights over optimizer steps, kept beside them."""

from typing import Any

import torch
from torch import Tensor


class WeightAverage:
    """Begins as the weights that training starts from.

    Attributes:
        weights: by the module's names for them, on their device.
        count: number of updates.
    """

    def __init__(self) -> None:
        self.weights: dict[str, Tensor] = {}
        self.count = 0

    def begin(self, module: Any) -> None:
        """Copy the weights that are trained."""
        self.weights = {
            name: parameter.detach().clone() for name, parameter in module.named_parameters() if parameter.requires_grad
        }

    @torch.no_grad()
    def update(self, module: Any, share: float) -> None:
        """average <- (1 - share) * average + share * weights."""
        weights = [module.get_parameter(name).detach() for name in self.weights]
        torch._foreach_lerp_(list(self.weights.values()), weights, share)
        self.count += 1

    def state_dict(self) -> dict[str, Any]:
        """The average and how many updates it has had."""
        return {"weights": self.weights, "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned, after `begin`."""
        self.count = state["count"]
        for name, value in state["weights"].items():
            self.weights[name].copy_(value)
