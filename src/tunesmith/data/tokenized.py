"""A split's tokens, cached as Arrow files and written once for the same data, tokenizer and options."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from datasets.arrow_writer import ArrowWriter

from tunesmith.data import cache
from tunesmith.data.encoding.encoded import Encoded
from tunesmith.data.encoding.special_tokens import Written
from tunesmith.data.sources.files import Files

_NOTES = "notes.json"
_CHUNK = 1000  # rows that are tokenised and written at a time


def prepare(
    source: Any, split: str, *, task: Any, tokenizer: Any, tokenizer_key: str, reading: Sequence[Any] = ()
) -> Path:
    """Tokenise a split unless it is cached; returns the cache entry's folder, keyed by data, tokenizer, options and `reading`."""
    key = key_of(source, split, tokenizer_key, task, reading)

    def write(folder: Path) -> None:
        written, count = Written(tokenizer, task), 0
        rows = written.counted(record for _, record in source.rows(split))
        examples, windows = (
            ArrowWriter(path=str(folder / f"{name}.arrow"), features=features, writer_batch_size=_CHUNK)
            for name, features in zip(("examples", "windows"), task.features(tokenizer), strict=True)
        )
        with examples, windows:
            for encoded in _encode(chunks(rows), task, tokenizer):
                encoded.windows["example"] = [count + number for number in encoded.windows["example"]]
                count += len(encoded.examples["id"])
                examples.write_batch(encoded.examples)
                windows.write_batch(encoded.windows)
            examples.finalize()
            windows.finalize()
        write_notes(folder, written)

    return cache.entry("encoded", key, write)


def key_of(source: Any, split: str, tokenizer_key: str, task: Any, reading: Sequence[Any]) -> str:
    """The key of a split's cache entry; the ending of a file decides how some sources read it."""
    files: dict[str, Path] = getattr(source, "files", {})
    ending = files[split if split in files else "train"].suffix.lower() if isinstance(source, Files) else ""
    return cache.key_of(source.fingerprint(split), tokenizer_key, task.options(), ending, *reading)


def write_notes(folder: Path, written: Written) -> None:
    """Keep in a cache entry how many rows have special tokens in their texts."""
    notes = {written.note: written.rows} if written.rows else {}
    (folder / _NOTES).write_text(json.dumps(notes), encoding="utf-8")


def read_notes(folder: Path) -> dict[str, int]:
    """What `write_notes` kept; nothing in an entry of version 0.1."""
    file = folder / _NOTES
    found: dict[str, int] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def _encode(parts: Iterable[list[dict[str, Any]]], task: Any, tokenizer: Any) -> Iterator[Encoded]:
    if hasattr(task, "encode_all"):
        return task.encode_all(parts, tokenizer)
    return (task.encode(chunk, tokenizer) for chunk in parts)


def chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows in chunks that are tokenised at a time."""
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk
