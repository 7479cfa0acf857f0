"""What a model gets in one step."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

IGNORED = -100  # the target of a place that does not count, as PyTorch's losses have it


@dataclass
class Batch:
    """Windows of examples, padded to one length.

    Attributes:
        inputs: the model's own arguments, each of shape (batch, length): input_ids, and where they are needed
            attention_mask (left out where nothing is padded) and token_type_ids.
        targets: what the head's loss compares with; empty for unlabelled data.
        rows: (batch,) numbers of the windows in their split, never on the device; empty for a window that does not count.
        layout: what the head must know of the inputs, labelled or not, such as where words begin.
    """

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]
    rows: np.ndarray
    layout: dict[str, Tensor] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of windows that count."""
        return len(self.rows)

    def to(self, device: object, non_blocking: bool = False) -> "Batch":
        """The batch on a device; Lightning calls this."""
        return self._map(lambda tensor: tensor.to(device, non_blocking=non_blocking))  # type: ignore[call-overload]

    def pin_memory(self) -> "Batch":
        """The batch in page-locked memory; the data loader calls this where a GPU is used."""
        return self._map(lambda tensor: tensor.pin_memory())

    def _map(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        inputs, targets, layout = (
            {name: change(tensor) for name, tensor in part.items()} for part in (self.inputs, self.targets, self.layout)
        )
        return Batch(inputs, targets, self.rows, layout)
