"""What a model gets in one step."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor


@dataclass
class Batch:
    """Examples padded to one length.

    Attributes:
        inputs: the model's own arguments, each of shape (batch, length): input_ids, and where they are needed
            attention_mask (left out where nothing is padded) and token_type_ids.
        targets: what the head's loss compares with; (batch,) or (batch, labels) each.
        rows: (batch,) positions of the examples in their split; never on the device.
    """

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]
    rows: np.ndarray

    @property
    def size(self) -> int:
        """Number of examples."""
        return len(self.rows)

    def to(self, device: object, non_blocking: bool = False) -> "Batch":
        """The batch on a device; Lightning calls this."""
        moved = [
            {name: tensor.to(device, non_blocking=non_blocking) for name, tensor in part.items()}  # type: ignore[call-overload]
            for part in (self.inputs, self.targets)
        ]
        return Batch(moved[0], moved[1], self.rows)

    def pin_memory(self) -> "Batch":
        """The batch in page-locked memory; the data loader calls this where a GPU is used."""
        pinned = [{name: tensor.pin_memory() for name, tensor in part.items()} for part in (self.inputs, self.targets)]
        return Batch(pinned[0], pinned[1], self.rows)
