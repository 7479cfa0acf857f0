"""Label new texts with a finished run, as a stream: the input may be larger than memory."""

import csv
import functools
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import torch

from tunesmith.config import Config
from tunesmith.data.batching import evaluation_plan
from tunesmith.data.encoded import EncodedSplit
from tunesmith.data.sources import csv as csv_source
from tunesmith.data.sources import files, jsonl
from tunesmith.errors import UserError, did_you_mean
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.load import load

CHUNK = 2048  # rows that are sorted by length, predicted and written together
_CSV = {".csv", ".tsv", ".tab"}


def predict(run: RunFolder, config: Config, *, input: str, output: str) -> int:
    """Write a prediction for each input row, in the order of the input; the number of rows.

    Args:
        run: finished.
        config: the run's, with whatever the command line changed.
        input: a .jsonl, .csv, .tsv or text file (a text a line); - for standard input, JSON lines or texts.
        output: a .csv, .tsv or JSON-lines file; - for standard output.

    Raises:
        UserError: for files that cannot be read or written, and rows without the model's columns.
    """
    module, task, tokenizer = load(run, config)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    module.to(device)
    predict_rows = functools.partial(
        _predict, module=module, task=task, tokenizer=tokenizer, config=config, device=device
    )
    rows, written = _rows(input, task), 0
    with _writer(output) as write:
        while chunk := list(islice(rows, CHUNK)):
            for row, prediction in zip(chunk, predict_rows(chunk), strict=True):
                write(row | prediction)
            written += len(chunk)
    return written


@torch.inference_mode()
def _predict(
    rows: list[dict[str, Any]], *, module: Any, task: Any, tokenizer: Any, config: Config, device: torch.device
) -> list[dict[str, Any]]:
    split = EncodedSplit.of(rows, task=task, tokenizer=tokenizer)
    decoded = []
    for numbers in evaluation_plan(split.lengths, batch_size=config["dataset"]["eval_batch_size"]):
        batch = split[numbers].to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=config["trainer"]["precision"] == "bf16-mixed"):
            decoded.append((batch.rows, module.head.decode(module(batch), batch)))
    return [task.shown(prediction) for prediction in task.assemble(split, split.in_order(decoded))]


def _rows(name: str, task: Any) -> Iterator[dict[str, Any]]:
    """Rows with the model's text columns; a plain text is the first of them."""
    file = None if name == "-" else Path(name).expanduser()
    if file is not None and not file.is_file():
        near = [path.name for path in file.parent.iterdir()] if file.parent.is_dir() else []
        raise UserError(f"input={name} is not a file{did_you_mean(file.name, near)}")
    lines = sys.stdin if file is None else files.lines(file)
    first = next(iter(lines), "")
    lines = _chain(first, lines)
    shown = "standard input" if file is None else name
    if file is not None and file.suffix.lower() in _CSV:
        records = csv_source.read(file)
    elif (file is not None and file.suffix.lower() in {".jsonl", ".json"}) or (
        file is None and first.lstrip().startswith("{")
    ):
        records = jsonl.read(file, lines=lines)
    elif task.row_of_text("") is None:
        raise UserError(
            f"input={name}: plain text holds one text a line, but the run wants {', '.join(task.text_columns)}; use JSON lines or CSV"
        )
    else:
        records = ((number, task.row_of_text(line.rstrip("\r\n"))) for number, line in enumerate(lines, start=1))
    for line, record in records:
        for column in task.text_columns:
            if column not in record:
                raise UserError(
                    f"{shown}, line {line} has no {column}; it has {', '.join(record)}{did_you_mean(column, record)} "
                    f"(name the column with dataset.text={next(iter(record), 'COLUMN')})"
                )
        yield {column: value for column, value in record.items() if column not in task.gold_columns}


def _chain(first: str, rest: Any) -> Iterator[str]:
    if first:
        yield first
    yield from rest


@contextmanager
def _writer(name: str) -> Iterator[Any]:
    if name == "-":
        yield functools.partial(_write_json, sys.stdout)
        sys.stdout.flush()
        return
    file = Path(name).expanduser()
    draft = file.with_name(file.name + ".part")  # a name that nobody takes for the finished file
    try:
        with draft.open("w", encoding="utf-8", newline="") as stream:
            yield _CsvRows(stream, file) if file.suffix.lower() in _CSV else functools.partial(_write_json, stream)
        draft.replace(file)
    except OSError as error:
        raise UserError(f"output={name} cannot be written: {error.strerror}") from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _write_json(stream: TextIO, record: dict[str, Any]) -> None:
    stream.write(json.dumps(record, ensure_ascii=False) + "\n")


class _CsvRows:
    """Writes records as CSV or TSV: a column for each label's probability, several labels with commas."""

    def __init__(self, stream: TextIO, file: Path) -> None:
        self._stream, self._delimiter = stream, "," if file.suffix.lower() == ".csv" else "\t"
        self._rows: Any = None

    def __call__(self, record: dict[str, Any]) -> None:
        flat = {name: value for name, value in record.items() if name != "probabilities"}
        if isinstance(flat["prediction"], list):
            flat["prediction"] = ",".join(flat["prediction"])
        flat |= {f"probability_{name}": value for name, value in record.get("probabilities", {}).items()}
        if self._rows is None:
            self._rows = csv.DictWriter(self._stream, list(flat), delimiter=self._delimiter, extrasaction="ignore")
            self._rows.writeheader()
        self._rows.writerow(flat)
