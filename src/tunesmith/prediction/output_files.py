"""Predictions as JSON lines, CSV or TSV, written as a stream of chunks: each row's own columns, then the results.

A column of the input that has the name of a result is written as `input_<name>`, so that nothing is overwritten.
"""

import contextlib
import csv
import functools
import json
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from tunesmith.data.encoding.label_lists import label_list
from tunesmith.data.sources import delimited
from tunesmith.errors import UserError
from tunesmith.errors.terminal import raw
from tunesmith.prediction import embedding_files
from tunesmith.storage.files import json_line

JSON = (".jsonl", ".json", ".ndjson", ".out", "")
Rows = Sequence[dict[str, Any]]
Write = Callable[[Rows, Rows], None]  # input rows, and the results for each


def checked_ending(output: str) -> str:
    """The ending of an output file, which decides the format.

    Raises:
        UserError: if it is not known.
    """
    ending = Path(output).suffix.lower()
    known = (*JSON, *delimited.ENDINGS, *embedding_files.ENDINGS)
    if ending not in known:
        raise UserError(
            f"output={output}: predictions are not written as {ending}; expected a file that ends in .jsonl (JSON lines), "
            ".csv, .tsv, or for embeddings .npy or .parquet"
        )
    return ending


@contextlib.contextmanager
def opened(output: str, *, text: str, width: int) -> Iterator[Write]:
    """Open an output; yields a function that appends the rows of a chunk with their results.

    Args:
        output: file to write, complete or not at all; - for JSON lines on standard output.
        text: the column of the text, for files of embeddings.
        width: size of an embedding.

    Raises:
        UserError: if the file cannot be written.
    """
    if output == "-":
        # A file or a program gets the data as they are; on a screen, control characters are JSON's own escapes.
        yield functools.partial(_write_json, sys.stdout if sys.stdout.isatty() else raw(sys.stdout))
        sys.stdout.flush()
        return
    file = Path(output).expanduser()
    # A name that nobody can foresee, so that no link lies in wait there, and that is not mistaken for the complete file.
    draft = file.with_name(f".{file.name}-{secrets.token_hex(8)}.part")
    try:
        draft.touch(exist_ok=False)
        with _draft(draft, checked_ending(output), text=text, width=width) as write:
            yield write
        draft.replace(file)
    except OSError as error:
        raise UserError(f"output={output} cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _draft(draft: Path, ending: str, *, text: str, width: int) -> Iterator[Write]:
    if ending in embedding_files.ENDINGS:
        with embedding_files.opened(draft, ending, text=text, width=width) as write:
            yield functools.partial(_write_embeddings, write)
        return
    with draft.open("w", encoding="utf-8", newline="") as stream:
        yield _Table(stream, ending) if ending in delimited.ENDINGS else functools.partial(_write_json, stream)


def _write_embeddings(write: embedding_files.Write, rows: Rows, results: Rows) -> None:
    for row, result in zip(rows, results, strict=True):
        write(row | result)


def _write_json(stream: TextIO, rows: Rows, results: Rows) -> None:
    for row, result in zip(rows, results, strict=True):
        stream.write(json_line(record(row, result)))


def record(row: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """A row's own columns, then its result: a line of JSON.

    Raises:
        UserError: if a column has the name of a result, and another one the name that it would get.
    """
    return _own_columns(row, result) | dict(result)


def _own_columns(row: Mapping[str, Any], results: Iterable[str]) -> dict[str, Any]:
    """The columns of the input, under other names where they have the name of a result."""
    own = {f"input_{name}" if name in results else name: value for name, value in row.items()}
    if len(own) < len(row) or any(name in results for name in own):
        twice = [name for name in row if name in results]
        raise UserError(
            f"the input's columns {', '.join(twice)} have the names of results, and input_{twice[0]} is a column too; "
            "rename them in the input"
        )
    return own


class _Table:
    """CSV or TSV: a column per label probability, lists of words joined, other lists and objects as JSON.

    A cell that a spreadsheet would take for a formula (`=1+1`) stays as it is, unlike in results.csv: predictions are data,
    which pandas, and this package as the next input, read back the same.

    Its columns are those of the first chunk.
    """

    def __init__(self, stream: TextIO, ending: str) -> None:
        self._stream, self._delimiter = stream, "," if ending == ".csv" else "\t"
        self._columns: dict[str, None] = {}
        self._writer: Any = None

    def __call__(self, rows: Rows, results: Rows) -> None:
        flat = [_flat(row, result) for row, result in zip(rows, results, strict=True)]
        if self._writer is None:
            # Columns of the input come first: those of a result are in each row.
            self._columns = {name: None for own, _ in flat for name in own} | dict.fromkeys(flat[0][1])
            self._writer = csv.DictWriter(self._stream, list(self._columns), restval="", delimiter=self._delimiter)
            self._writer.writeheader()
        for own, result in flat:
            record = own | result
            if further := [name for name in record if name not in self._columns]:
                raise UserError(
                    f"a later row of the input has the column {further[0]}, which the first rows lack, so the file has no "
                    f"column for it (it has {', '.join(self._columns)}); write JSON lines: output=FILE.jsonl"
                )
            self._writer.writerow(record)


def _flat(row: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The cells of a row and of its result."""
    shown = {name: _cell(value, " ") for name, value in result.items()}
    if isinstance(result.get("prediction"), list):
        shown["prediction"] = _label_cell(result["prediction"], result.get("probabilities") or result["prediction"])
    if isinstance(result.get("probabilities"), dict):
        del shown["probabilities"]
        shown |= {f"probability_{name}": value for name, value in result["probabilities"].items()}
    return {name: _cell(value, " ") for name, value in _own_columns(row, shown).items()}, shown


def _label_cell(chosen: Sequence[str], names: Iterable[str]) -> str:
    """The labels of a row as a cell that `dataset.problem=multi_label` reads: joined by commas, or else a list in JSON.

    All rows of a file are written in the same way, which depends on the names of all labels.
    """
    names = list(names)
    try:
        joinable = all(label_list(name, given=()) == [name] for name in names)
        joinable = joinable and label_list(",".join(names), given=()) == names
    except ValueError:
        joinable = False
    return ",".join(chosen) if joinable else json.dumps(chosen, ensure_ascii=False)


def _cell(value: Any, separator: str) -> Any:
    """A value as a cell: strings are joined if they can be told apart again, other lists and objects are JSON."""
    if not isinstance(value, list | dict):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        joined = separator.join(value)
        if not value or (joined and joined.split(separator) == value):
            return joined
    return json.dumps(value, ensure_ascii=False)
