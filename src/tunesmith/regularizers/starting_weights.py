"""The weights that a run starts from, which a resumed run has from its checkpoint."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor


class StartingWeights:
    """Copies of some trained weights as they were before the first step, on their device.

    Attributes:
        values: by the module's names for them; empty before `keep`.
    """

    def __init__(self) -> None:
        self.values: dict[str, Tensor] = {}

    @torch.no_grad()
    def keep(self, module: Any, names: Iterable[str]) -> None:
        """Copy weights, by the module's names for them."""
        self.values = {name: module.get_parameter(name).detach().clone() for name in names}

    def state_dict(self) -> dict[str, Tensor]:
        """The copies, by name."""
        return self.values

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore what `state_dict` returned, after `keep`."""
        for name, value in state.items():
            self.values[name].copy_(value)
