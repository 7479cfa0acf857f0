"""Ragged rows to a rectangle."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch


def pad(rows: Sequence[np.ndarray], *, value: int, side: Literal["left", "right"]) -> torch.Tensor:
    """An int64 tensor of shape (rows, longest row), filled with `value` on one side."""
    longest = max(len(row) for row in rows)
    padded = np.full((len(rows), longest), value, dtype=np.int64)
    for number, row in enumerate(rows):
        if side == "right":
            padded[number, : len(row)] = row
        else:
            padded[number, longest - len(row) :] = row
    return torch.from_numpy(padded)
