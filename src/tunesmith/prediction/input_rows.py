"""Reads the rows to predict, from any supported file format."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from tunesmith.data.sources import conll, csv, files, jsonl, squad_json
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

Rows = Iterable[tuple[int, dict[str, Any]]]


def input_rows(name: str, task: Any, dataset: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows with the model's text columns, without gold columns.

    `.csv`, `.tsv` and `.tab` have a header, `.jsonl` has one object per line, `.json` the same or SQuAD's format, and
    `.conll` and `.conllu` have one word per line. Any other file has one text per line, and so has standard input unless
    it begins with an object.

    Args:
        name: file, or - for standard input.
        task: the model's task.
        dataset: the config's node, which has the column of the words in a CoNLL file.

    Raises:
        UserError: for a file that is missing or cannot be read, and for rows without the model's columns.
    """
    file = None if name == "-" else Path(name).expanduser()
    if file is not None and not file.is_file():
        near = [path.name for path in file.parent.iterdir()] if file.parent.is_dir() else []
        raise UserError(f"input={name} is not a file{did_you_mean(file.name, near)}")
    shown = "standard input" if file is None else name
    for line, record in _records(file, task, dataset, shown):
        for column in task.text_columns:
            if column not in record:
                setting = "tokens" if task.pre_split else "text"
                raise UserError(
                    f"{shown}, line {line} has no {column}; it has {', '.join(record)}{did_you_mean(column, record)} "
                    f"(name the column with dataset.{setting}={next(iter(record), 'COLUMN')})"
                )
        yield {column: value for column, value in record.items() if column not in task.gold_columns}


def _records(file: Path | None, task: Any, dataset: Mapping[str, Any], shown: str) -> Rows:
    ending = "" if file is None else file.suffix.lower()
    if ending in (".csv", ".tsv", ".tab"):
        return csv.read(file)
    if ending in (".conll", ".conllu"):
        default = 1 if ending == ".conllu" else 0
        return conll.read(file, token_column=dataset.get("token_column", default), tag_column=None)
    if ending == ".json" and file is not None and _is_squad(file):
        return squad_json.read(file)
    given = iter(sys.stdin if file is None else files.lines(file))
    first = next(given, "")
    lines = chain([first] if first else [], given)
    if ending in (".jsonl", ".json") or (file is None and first.lstrip().startswith("{")):
        return jsonl.read(file, lines=lines)
    if task.row_of_text("a") is None:
        raise UserError(
            f"{shown}: plain text has one text per line, but the run needs {', '.join(task.text_columns)}; "
            "use JSON lines or CSV"
        )
    return ((number, task.row_of_text(line.rstrip("\r\n"))) for number, line in enumerate(lines, start=1))


def _is_squad(file: Path) -> bool:
    """Whether a file is one JSON object with `data`, not JSON lines."""
    try:
        return "data" in json.loads("".join(files.lines(file)))
    except (json.JSONDecodeError, TypeError):
        return False
