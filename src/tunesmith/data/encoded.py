"""A split's examples as token ids, in Arrow on disk and memory-mapped."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from datasets.arrow_writer import ArrowWriter

from tunesmith.data import cache
from tunesmith.data.batch import Batch

_CHUNK = 1000  # rows that are tokenised and written together


def prepare(source: Any, split: str, *, task: Any, tokenizer: Any, tokenizer_key: str) -> Path:
    """Tokenise a split once; the folder of its cache entry, named by data, tokenizer and options."""
    key = cache.key_of(source.fingerprint(split), tokenizer_key, task.options())

    def write(folder: Path) -> None:
        rows = (record for _, record in source.rows(split))
        with ArrowWriter(
            path=str(folder / "examples.arrow"), features=task.features(tokenizer), writer_batch_size=_CHUNK
        ) as writer:
            for chunk in _chunks(rows):
                writer.write_batch(task.encode(chunk, tokenizer))
            writer.finalize()

    return cache.entry("encoded", key, write)


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk


class EncodedSplit:
    """Random access to the examples of a split: `split[rows]` is a `Batch`.

    Attributes:
        examples: the Arrow table as a `datasets.Dataset`, original texts included.
        lengths: (examples,) tokens of each.
    """

    def __init__(self, folder: Path, *, task: Any, tokenizer: Any) -> None:
        self.examples = datasets.Dataset.from_file(str(folder / "examples.arrow"))
        self.lengths: np.ndarray = np.asarray(self.examples.data.column("length").to_numpy())
        self._task, self._tokenizer = task, tokenizer
        table = self.examples.data.table
        self._columns = {
            name: ArrayColumn(table.column(name)) for name in table.column_names if name in task.array_columns
        }

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, rows: np.ndarray) -> Batch:
        arrays = {name: column.take(rows) for name, column in self._columns.items()}
        batch: Batch = self._task.collate(arrays, rows, self._tokenizer)
        return batch

    def count(self, column: str) -> int:
        """In how many examples a yes/no column is set."""
        return int(self.examples.data.column(column).to_numpy().sum())


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
