"""Embeddings as files that other programs map into memory: NumPy's .npy and Parquet, written as a stream of rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

ENDINGS = (".npy", ".parquet")
_GROUP = 2048  # rows that are written together

Write = Callable[[dict[str, Any]], None]


@contextmanager
def opened(file: Path, ending: str, *, text: str, width: int) -> Iterator[Write]:
    """A function that appends a record with an `embedding`.

    Args:
        file: to write.
        ending: .npy for an array (rows, width), or .parquet for the columns `text` and `embedding`.
        text: name of the column of the text.
        width: of an embedding.
    """
    with _npy(file, width=width) if ending == ".npy" else _parquet(file, text=text, width=width) as write:
        yield write


@contextmanager
def _npy(file: Path, *, width: int) -> Iterator[Write]:
    rows = 0

    def write(record: dict[str, Any]) -> None:
        nonlocal rows
        stream.write(np.asarray(record["embedding"], dtype="<f4").tobytes())
        rows += 1

    with file.open("wb") as stream:
        _header(stream, rows, width)
        start = stream.tell()
        yield write
        stream.seek(0)
        _header(stream, rows, width)  # NumPy leaves room for the number of rows to grow
        assert stream.tell() == start


def _header(stream: Any, rows: int, width: int) -> None:
    description = {"descr": "<f4", "fortran_order": False, "shape": (rows, width)}
    np.lib.format.write_array_header_1_0(stream, description)


@contextmanager
def _parquet(file: Path, *, text: str, width: int) -> Iterator[Write]:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema([(text, pa.string()), ("embedding", pa.list_(pa.float32(), width))])
    waiting: list[dict[str, Any]] = []

    def write(record: dict[str, Any]) -> None:
        waiting.append({text: str(record[text]), "embedding": record["embedding"]})
        if len(waiting) == _GROUP:
            flush()

    def flush() -> None:
        writer.write_table(pa.Table.from_pylist(waiting, schema=schema))
        waiting.clear()

    with ParquetWriter(file, schema) as writer:
        yield write
        if waiting:
            flush()
