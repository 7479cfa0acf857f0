"""A split's examples and windows, memory-mapped from Arrow files.

Examples are rows of the dataset, windows are inputs of the model: one window per example, or several if a text is
longer than the model allows.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
from torch import Tensor

from tunesmith.data.array_column import ArrayColumn
from tunesmith.data.batch import Batch
from tunesmith.data.tokenized import read_notes


class EncodedSplit:
    """Random access to the windows of a split: `split[rows]` is a `Batch`.

    Attributes:
        task: the task that encoded it.
        examples: the table of examples, original texts included.
        lengths: (windows,) tokens of each.
        notes: what was noticed when it was encoded, with the number of rows.
    """

    def __init__(self, examples: datasets.Dataset, windows: datasets.Dataset, *, task: Any, tokenizer: Any) -> None:
        self.task, self.examples, self._windows = task, examples, windows
        self.notes: dict[str, int] = {}
        self.lengths: np.ndarray = self.numbers("length")
        self._tokenizer = tokenizer
        table = windows.data.table
        self._columns = {
            name: ArrayColumn(table.column(name)) for name in table.column_names if name in task.array_columns
        }

    @classmethod
    def open(cls, folder: Path, *, task: Any, tokenizer: Any) -> "EncodedSplit":
        """Memory-map a cache entry that `prepare` wrote."""
        examples, windows = (
            datasets.Dataset.from_file(str(folder / f"{name}.arrow")) for name in ("examples", "windows")
        )
        split = cls(examples, windows, task=task, tokenizer=tokenizer)
        split.notes = read_notes(folder)
        return split

    @classmethod
    def of(cls, rows: list[dict[str, Any]], *, task: Any, tokenizer: Any) -> "EncodedSplit":
        """Encode rows in memory."""
        encoded = task.encode(rows, tokenizer)
        examples, windows = (
            _in_memory(columns, features)
            for columns, features in zip((encoded.examples, encoded.windows), task.features(tokenizer), strict=True)
        )
        return cls(examples, windows, task=task, tokenizer=tokenizer)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, rows: np.ndarray) -> Batch:
        arrays = {name: column.take(rows) for name, column in self._columns.items()}
        batch: Batch = self.task.collate(arrays, rows, self._tokenizer)
        return batch

    def in_order(self, decoded: Iterable[tuple[np.ndarray, dict[str, Tensor]]]) -> dict[str, list[np.ndarray]]:
        """A head's outputs in the order of the windows, from batches in any order.

        Args:
            decoded: (rows, outputs) of each batch; each output (batch, ...).
        """
        return by_window(decoded, len(self))

    def numbers(self, column: str) -> np.ndarray:
        """(windows,) a numeric column."""
        return np.asarray(self._windows.data.column(column).to_numpy())

    def lists(self, column: str) -> list[np.ndarray]:
        """A column of lists of numbers, one array per window."""
        return ArrayColumn(self._windows.data.table.column(column)).take(np.arange(len(self)))

    def count(self, column: str) -> int:
        """The sum of a boolean or numeric column over the examples."""
        return int(self.examples.data.column(column).to_numpy().sum())


def by_window(decoded: Iterable[tuple[np.ndarray, dict[str, Tensor]]], windows: int) -> dict[str, list[np.ndarray]]:
    """A head's outputs in the order of the windows; see `EncodedSplit.in_order`."""
    ordered: dict[str, list[np.ndarray]] = {}
    for rows, outputs in decoded:
        for name, tensor in outputs.items():
            values = ordered.setdefault(name, [np.empty(0)] * windows)
            for row, value in zip(rows.tolist(), tensor.cpu().numpy(), strict=True):
                values[row] = value
    return ordered


def _in_memory(columns: Mapping[str, list[Any]], features: datasets.Features) -> datasets.Dataset:
    present = datasets.Features({name: kind for name, kind in features.items() if name in columns})
    table = pa.table({name: columns[name] for name in present}, schema=present.arrow_schema)
    return datasets.Dataset(datasets.table.InMemoryTable(table))
