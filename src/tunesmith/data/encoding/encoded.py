"""Rows that a task has encoded: what a person gave, and what a model sees."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Encoded:
    """Columns that a task makes of some rows.

    Attributes:
        examples: a value for each row.
        windows: a value for each window; `example` is the number of the row that it was cut from, `length` its tokens.
    """

    examples: dict[str, list[Any]]
    windows: dict[str, list[Any]]
