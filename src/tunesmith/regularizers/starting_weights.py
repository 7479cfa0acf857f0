"""The weights that a run starts from, which a resumed run has from its checkpoint."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


class StartingWeights:
    """Copies of some trained weights of the backbone as they were before the first step, on their device.

    Attributes:
        values: by the module's names for them; empty before `keep`.
    """

    def __init__(self) -> None:
        self.values: dict[str, Tensor] = {}

    @torch.no_grad()
    def keep(self, module: Any, wanted: Callable[[str, nn.Parameter], bool]) -> None:
        """Copy the trained weights of the backbone that are wanted, which is asked with their names in the model."""
        self.values = {
            f"backbone.model.{name}": parameter.detach().clone()
            for name, parameter in module.backbone.model.named_parameters()
            if parameter.requires_grad and wanted(name, parameter)
        }

    def state_dict(self) -> dict[str, Tensor]:
        """The copies, by name."""
        return self.values

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore what `state_dict` returned, after `keep`."""
        for name, value in state.items():
            self.values[name].copy_(value)
