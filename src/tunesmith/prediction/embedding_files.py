"""Embeddings as .npy files, which can be memory-mapped, or Parquet, written as a stream of rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tunesmith.data.encoding.texts import as_text

ENDINGS = (".npy", ".parquet")
_ROW_GROUP_SIZE = 2048  # rows

Write = Callable[[dict[str, Any]], None]


@contextmanager
def opened(file: Path, ending: str, *, text: str, width: int) -> Iterator[Write]:
    """Open a file; yields a function that appends a record with an `embedding`.

    Args:
        file: file to write.
        ending: .npy for an array (rows, width), or .parquet for a text column and `embedding`.
        text: name of the text column.
        width: size of an embedding.
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
        _header(stream, rows, width)  # NumPy pads the header, so that the number of rows may grow
        assert stream.tell() == start


def _header(stream: Any, rows: int, width: int) -> None:
    description = {"descr": "<f4", "fortran_order": False, "shape": (rows, width)}
    np.lib.format.write_array_header_1_0(stream, description)


@contextmanager
def _parquet(file: Path, *, text: str, width: int) -> Iterator[Write]:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema([(text, pa.string()), ("embedding", pa.list_(pa.float32(), width))])
    buffer: list[dict[str, Any]] = []

    def write(record: dict[str, Any]) -> None:
        buffer.append({text: as_text(record[text]), "embedding": record["embedding"]})
        if len(buffer) == _ROW_GROUP_SIZE:
            flush()

    def flush() -> None:
        writer.write_table(pa.Table.from_pylist(buffer, schema=schema))
        buffer.clear()

    with ParquetWriter(file, schema) as writer:
        yield write
        if buffer:
            flush()
