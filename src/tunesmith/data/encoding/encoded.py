"""Rows encoded by a task: the examples, and the windows that a model sees."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Encoded:
    """Columns that a task computes from some rows.

    Attributes:
        examples: one value per row.
        windows: one value per window; `example` is the index of its row, `length` its number of tokens.
    """

    examples: dict[str, list[Any]]
    windows: dict[str, list[Any]]
