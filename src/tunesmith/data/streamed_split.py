"""A split whose blocks are recreated whenever they are read, for a corpus whose tokens do not fit on the disk.

Only the number of blocks is cached, which takes one pass over the text. Blocks come in the order of the text and are
shuffled within a buffer that fits into memory (`tunesmith.data.epoch_plan.streamed_plan`).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from tunesmith.data import cache
from tunesmith.data.batch import Batch
from tunesmith.data.encoded_split import by_window
from tunesmith.data.encoding.special_tokens import Written
from tunesmith.data.tokenized import chunks, key_of, read_notes, write_notes

_COUNTS = "blocks.json"


class StreamedSplit:
    """Access to the blocks of a split, cheap as long as their indices increase: `split[rows]` is a `Batch`.

    Args:
        source: where rows come from.
        name: of the split.
        task: the task that packs them.
        tokenizer: of the backbone.
        tokenizer_key: identifies the tokenizer's content.
        shuffle_buffer: number of blocks that are shuffled, and so held in memory, at a time.
        reading: what else the blocks depend on; JSON.

    Attributes:
        examples: a placeholder for each block, as blocks have nothing but tokens.
        lengths: (blocks,) tokens of each.
        notes: what was noticed in the text, with the number of rows.
    """

    def __init__(
        self,
        source: Any,
        name: str,
        *,
        task: Any,
        tokenizer: Any,
        tokenizer_key: str,
        shuffle_buffer: int,
        reading: Sequence[Any] = (),
    ) -> None:
        self._source, self._name, self._shuffle_buffer = source, name, shuffle_buffer
        self._first: int
        self.task, self._tokenizer = task, tokenizer
        key = key_of(source, name, tokenizer_key, task, reading)
        entry = cache.entry("streamed", key, self._count)
        counts, self.notes = json.loads((entry / _COUNTS).read_text(encoding="utf-8")), read_notes(entry)
        self._restart()
        self.lengths = np.full(counts["blocks"], counts["length"], dtype=np.int32)
        self.lengths[-1] = counts["last"]
        self.examples = [{"id": None}] * len(self)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, rows: np.ndarray) -> Batch:
        first = int(rows.min()) // self._shuffle_buffer * self._shuffle_buffer
        if first < self._first:  # another epoch
            self._restart()
        while self._read <= rows.max():
            self._buffer.update(self._blocks(next(self._chunks)))
        for number in range(self._first, first):
            del self._buffer[number]
        self._first = first
        blocks = [self._buffer[row] for row in rows.tolist()]
        arrays = {name: [block[name] for block in blocks] for name in self.task.array_columns}
        batch: Batch = self.task.collate(arrays, rows, self._tokenizer)
        return batch

    def in_order(self, decoded: Iterable[tuple[np.ndarray, dict[str, Tensor]]]) -> dict[str, list[np.ndarray]]:
        """A head's outputs in the order of the blocks, from batches in any order."""
        return by_window(decoded, len(self))

    def numbers(self, column: str) -> np.ndarray:
        """(blocks,) the index of each block's example, which equals its own."""
        assert column == "example"
        return np.arange(len(self))

    def _restart(self) -> None:
        self._chunks = self._encoded()
        self._buffer: dict[int, dict[str, np.ndarray]] = {}
        self._first, self._read = 0, 0

    def _encoded(self, written: Written | None = None) -> Iterator[Any]:
        """The encoded chunks of the split, from the start."""
        rows: Iterator[Any] = (record for _, record in self._source.rows(self._name))
        rows = rows if written is None else written.counted(rows)
        encoded: Iterator[Any] = self.task.encode_all(chunks(rows), self._tokenizer)
        return encoded

    def _blocks(self, encoded: Any) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        for values in zip(*(encoded.windows[name] for name in self.task.array_columns), strict=True):
            yield self._read, dict(zip(self.task.array_columns, values, strict=True))
            self._read += 1

    def _count(self, folder: Path) -> None:
        blocks, longest, last = 0, 0, 0
        written = Written(self._tokenizer, self.task)
        for encoded in self._encoded(written):
            lengths = encoded.windows["length"]
            blocks, longest, last = blocks + len(lengths), max(longest, max(lengths)), lengths[-1]
        content = {"blocks": blocks, "length": longest, "last": last}
        (folder / _COUNTS).write_text(json.dumps(content), encoding="utf-8")
        write_notes(folder, written)
