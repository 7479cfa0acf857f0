"""The input of one step."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

IGNORED = -100  # target of positions that the loss skips: the default ignore_index of PyTorch's losses


@dataclass
class Batch:
    """Windows of examples, padded to one length.

    Attributes:
        inputs: the model's arguments, each of shape (batch, length): input_ids, attention_mask (omitted if nothing is
            padded) and, for models that have them, token_type_ids.
        targets: of the head's loss; empty for unlabelled data.
        rows: (batch,) indices of the windows in their split, always on the CPU; empty if the only window is a dummy.
        layout: what the head needs to know about the inputs, labelled or not, such as where words begin.
    """

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]
    rows: np.ndarray
    layout: dict[str, Tensor] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of windows, without a dummy."""
        return len(self.rows)

    def to(self, device: object, non_blocking: bool = False) -> "Batch":
        """The batch on a device; called by Lightning."""
        return self._map(lambda tensor: tensor.to(device, non_blocking=non_blocking))  # type: ignore[call-overload]

    def pin_memory(self) -> "Batch":
        """The batch in pinned memory; called by the DataLoader if a GPU is used."""
        return self._map(lambda tensor: tensor.pin_memory())

    def _map(self, function: Callable[[Tensor], Tensor]) -> "Batch":
        inputs, targets, layout = (
            {name: function(tensor) for name, tensor in part.items()}
            for part in (self.inputs, self.targets, self.layout)
        )
        return Batch(inputs, targets, self.rows, layout)
