"""Arrow columns as NumPy arrays, without copies."""

from typing import Any

import numpy as np


class ArrayColumn:
    """A zero-copy view of an Arrow column of numbers or of lists of numbers."""

    def __init__(self, column: Any) -> None:
        chunks = [chunk for chunk in column.chunks if len(chunk)]
        self._starts = np.cumsum([0, *[len(chunk) for chunk in chunks]])
        self._lists = bool(chunks) and hasattr(chunks[0], "offsets")
        if self._lists:
            self._chunks = [(chunk.offsets.to_numpy(), chunk.values.to_numpy()) for chunk in chunks]
        else:
            self._chunks = [(None, chunk.to_numpy(zero_copy_only=False)) for chunk in chunks]

    def take(self, rows: np.ndarray) -> list[Any]:
        """Values of the given rows; lists as arrays."""
        chunk_numbers = np.searchsorted(self._starts, rows, side="right") - 1
        positions = rows - self._starts[chunk_numbers]
        values_of_rows = []
        for number, index in zip(chunk_numbers.tolist(), positions.tolist(), strict=True):
            offsets, values = self._chunks[number]
            values_of_rows.append(values[index] if offsets is None else values[offsets[index] : offsets[index + 1]])
        return values_of_rows
