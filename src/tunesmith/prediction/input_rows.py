"""Reads the rows to predict, from any supported file format."""

import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from tunesmith.configuration.plugin_errors import explained
from tunesmith.configuration.targets import build_part
from tunesmith.data.sources import conll, decoding, delimited, files, jsonl, squad_json
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean, full_name

_JSON = (".ndjson", ".jsonl", ".json")
_TEXT = ("", ".txt")
Rows = Iterable[tuple[int, dict[str, Any]]]


def input_rows(name: str, task: Any, dataset: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows with the model's text columns.

    `.csv`, `.tsv` and `.tab` have a header, `.jsonl` and `.ndjson` have one object per line, `.json` the same or SQuAD's
    format, and `.conll` and `.conllu` have one word per line. But a file that ends as those of a run with a plugin's source do,
    whatever that is, is read by that source. Any other file has one text per line, which is printed unless it is a `.txt`, and so has standard input unless it begins with an object, or with a header that has the model's columns (of `dataset.delimiter`, or else
    tabs or commas); how standard input is read is printed.

    Args:
        name: file, or - for standard input.
        task: the model's task.
        dataset: the config's node, which has the column of the words in a CoNLL file, and may have `encoding`,
            `delimiter` and `quoting`.

    Raises:
        UserError: for a file that is missing or cannot be read, and for rows without the model's columns.
    """
    file = None if name == "-" else Path(name).expanduser()
    if file is not None and not file.is_file():
        raise UserError(files.missing_file("input", file))
    reading = {key: dataset.get(key) for key in ("encoding", "delimiter", "quoting")}
    tables = delimited.Tables(**reading)
    if file is None:
        yield from _standard_input(task, dataset, reading)
        return
    if (own := _own_source(file, dataset)) is not None:
        yield from _with_columns(_of_own_source(own, file), task, decoding.shown(file), None)
        return
    is_table = file.suffix.lower() in delimited.ENDINGS
    rows = _table(file, tables, str(file)) if is_table else _records(file, task, dataset, reading["encoding"])
    yield from _with_columns(rows, task, decoding.shown(file), tables if is_table else None)


def _with_columns(rows: Rows, task: Any, shown: str, tables: delimited.Tables | None) -> Iterator[dict[str, Any]]:
    """Rows, which have to have the model's columns."""
    for line, record in rows:
        for column in task.text_columns:
            if column not in record:
                setting = "tokens" if task.pre_split else "text"
                hint = tables.suggestion(list(record)) if tables is not None else ""
                raise UserError(
                    f"{shown}, line {line} has no {column}; it has {', '.join(record)}"
                    f"{hint or did_you_mean(column, record)} "
                    f"(name the column with dataset.{setting}={next(iter(record), 'COLUMN')})"
                )
        yield record


def _standard_input(task: Any, dataset: Mapping[str, Any], reading: dict[str, Any]) -> Iterator[dict[str, Any]]:
    first, lines = _peeked(decoding.lines(None, encoding=reading["encoding"]))
    ending = _ending_of(first, task, reading)
    if ending is None:
        yield from _with_columns(_records(None, task, dataset, None, (first, lines)), task, decoding.shown(None), None)
        return
    print(
        f"standard input: {ending[1:].upper()}, as its first line has the column {task.text_columns[0]}",
        file=sys.stderr,
    )
    with tempfile.TemporaryDirectory() as folder:  # tables are read twice
        file, shown = Path(folder) / f"input{ending}", decoding.shown(None)
        with file.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(lines)
        tables = delimited.Tables(**reading | {"encoding": None})
        try:
            yield from _with_columns(_table(file, tables, shown), task, shown, tables)
        except UserError as error:
            raise UserError([mistake.replace(str(file), shown) for mistake in error.mistakes]) from error


def _ending_of(first: str, task: Any, reading: dict[str, Any]) -> str | None:
    """The ending of the kind of table that has a first line, if that is a header with the model's columns."""
    if task.pre_split and task.text is None:  # lists of words are no cells
        return None
    if delimited.names_delimiter(f"{first}\n") is not None:
        return ".csv"
    for ending in (".csv", ".tsv"):
        cells = delimited.Tables(**reading).header(first, ending)
        if set(task.text_columns) <= set(cells):
            return ending
    return None


def _table(file: Path, tables: delimited.Tables, shown: str) -> Rows:
    tables.columns(file)
    for warning in tables.warnings([file]):
        print(f"Warning: {warning.replace(str(file), shown)}", file=sys.stderr)
    return tables.rows(file)


def _records(
    file: Path | None,
    task: Any,
    dataset: Mapping[str, Any],
    encoding: str | None,
    begun: tuple[str, Iterator[str]] | None = None,
) -> Rows:
    """Rows of a file, or of standard input, of which the first line has been read (`begun`)."""
    shown, ending = decoding.shown(file), "" if file is None else file.suffix.lower()
    lines = decoding.lines(file, encoding=encoding) if begun is None else begun[1]
    if ending in (".conll", ".conllu"):
        return conll.read(file, token_column=_token_column(dataset, ending), tag_column=None, lines=lines)
    if ending == ".json" and file is not None and _is_squad(file, encoding):
        return squad_json.read(file, encoding=encoding)
    first, lines = begun or _peeked(lines)
    if ending in _JSON or (file is None and (first.startswith(("{", "[{")) or first == "[")):
        return jsonl.read(lines, name=shown)
    if task.row_of_text("a") is None:
        raise UserError(
            f"{shown}: plain text has one text per line, but the run needs {', '.join(task.text_columns)}; "
            "use JSON lines or CSV"
        )
    if file is None and first:
        print(
            f"standard input: one text per line, as its first line is no header with the column {task.text_columns[0]}",
            file=sys.stderr,
        )
    elif ending not in _TEXT:
        print(f"{shown}: one text per line, as {ending} is no ending of a known format", file=sys.stderr)
    return ((number, task.row_of_text(line.rstrip("\r\n"))) for number, line in enumerate(lines, start=1))


def _token_column(dataset: Mapping[str, Any], ending: str) -> int:
    """The run's, for files like its own; FORM of a CoNLL-U file and the first column of a CoNLL file otherwise."""
    own = {Path(str(dataset[split])).suffix.lower() for split in ("train", "validation", "test") if dataset.get(split)}
    usual = 1 if ending == ".conllu" else 0
    like = ending in own or (ending == ".conll" and ".conllu" not in own)
    return int(dataset.get("token_column", usual)) if like else usual


def _own_source(file: Path, dataset: Mapping[str, Any]) -> Any:
    """The source of a run, if it is a plugin's that reads files, and the input ends as one of the run's; or else None."""
    if "." not in dataset.get("source", ""):
        return None
    source = build_part(dataset, "source")
    if not hasattr(source, "records"):
        return None
    endings = {other.suffix.lower() for other in getattr(source, "files", {}).values()}
    return source if file.suffix.lower() in endings else None


def _of_own_source(source: Any, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    name = full_name(type(source))
    print(f"{file}: read by {name}, as the run's data", file=sys.stderr)
    other = next(ending for ending in _JSON if ending != file.suffix.lower())
    try:
        with explained():
            yield from source.records(file)
    except UserError as error:
        raise UserError(
            [
                f"{mistake}; {file} is read by {name}, since the run's data end in {file.suffix}: give rows that it does not "
                f"take, such as unlabelled ones, as JSON lines in a file that ends in {other}"
                for mistake in error.mistakes
            ]
        ) from error


def _peeked(lines: Iterator[str]) -> tuple[str, Iterator[str]]:
    """The first line that is not blank, stripped, and all lines."""
    seen = []
    for line in lines:
        seen.append(line)
        if line.strip():
            break
    return seen[-1].strip() if seen else "", chain(seen, lines)


def _is_squad(file: Path, encoding: str | None) -> bool:
    """Whether a file is one JSON object with `data`, not JSON lines."""
    if file.stat().st_size > decoding.LONGEST_DOCUMENT:
        return False
    try:
        return "data" in jsonl.parsed("".join(decoding.lines(file, encoding=encoding)))
    except (ValueError, TypeError):
        return False
