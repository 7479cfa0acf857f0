"""Arrow columns as NumPy arrays, without copies."""

from typing import Any

import numpy as np


class ArrayColumn:
    """An Arrow column read without copies: of numbers, or of lists of numbers."""

    def __init__(self, column: Any) -> None:
        chunks = [chunk for chunk in column.chunks if len(chunk)]
        self._starts = np.cumsum([0, *[len(chunk) for chunk in chunks]])
        self._lists = bool(chunks) and hasattr(chunks[0], "offsets")
        if self._lists:
            self._chunks = [(chunk.offsets.to_numpy(), chunk.values.to_numpy()) for chunk in chunks]
        else:
            self._chunks = [(None, chunk.to_numpy(zero_copy_only=False)) for chunk in chunks]

    def take(self, rows: np.ndarray) -> list[Any]:
        """The values of some rows, arrays for lists."""
        numbers = np.searchsorted(self._starts, rows, side="right") - 1
        inside = rows - self._starts[numbers]
        taken = []
        for number, index in zip(numbers.tolist(), inside.tolist(), strict=True):
            offsets, values = self._chunks[number]
            taken.append(values[index] if offsets is None else values[offsets[index] : offsets[index + 1]])
        return taken
