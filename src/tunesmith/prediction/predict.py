"""Predicts new texts with a completed run, as a stream: the input may be larger than memory."""

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

from tunesmith.configuration import Config
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.data.epoch_plan import evaluation_plan
from tunesmith.errors import UserError
from tunesmith.prediction import embedding_files
from tunesmith.prediction.input_rows import input_rows
from tunesmith.runs.folder import RunFolder
from tunesmith.training.saved_model import load

CHUNK = 2048  # rows that are sorted by length, predicted and written at once
_CSV = {".csv", ".tsv", ".tab"}


def predict(run: RunFolder, config: Config, *, input: str, output: str) -> int:
    """Write a prediction for each input row, in the order of the input; return the number of rows.

    Args:
        run: completed.
        config: the run's, with the command line's changes.
        input: a file in a format of `tunesmith.prediction.input_rows`; - for standard input, JSON lines or texts.
        output: a .csv, .tsv or JSON lines file, or .npy or .parquet for embeddings; - for standard output.

    Raises:
        UserError: for files that cannot be read or written, and for rows without the model's columns.
    """
    module, task, tokenizer = load(run, config)
    ending = Path(output).suffix.lower()
    if ending in embedding_files.ENDINGS and not hasattr(task, "embeds"):
        raise UserError(
            f"output={output}: {ending} files are for embeddings, but this run's task is {config['dataset']['task']}; "
            "use a .jsonl, .csv or .tsv file"
        )
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    module.to(device)
    predict_rows = functools.partial(
        _predict, module=module, task=task, tokenizer=tokenizer, config=config, device=device
    )
    rows, written = input_rows(input, task, config["dataset"]), 0
    width = int(module.backbone.config.hidden_size)
    with _writer(output, text=task.text_columns[0], width=width) as write:
        while chunk := list(islice(rows, CHUNK)):
            for row, prediction in zip(chunk, predict_rows(chunk), strict=True):
                write(row | prediction)
            written += len(chunk)
    return written


@torch.inference_mode()
def _predict(
    rows: list[dict[str, Any]], *, module: Any, task: Any, tokenizer: Any, config: Config, device: torch.device
) -> list[dict[str, Any]]:
    try:
        split = EncodedSplit.of(rows, task=task, tokenizer=tokenizer)
    except ValueError as error:
        raise UserError(f"a row of the input: {error}") from error
    decoded = []
    for numbers in evaluation_plan(split.lengths, batch_size=config["dataset"]["eval_batch_size"]):
        batch = module.prepared(split[numbers], training=False).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=config["trainer"]["precision"] == "bf16-mixed"):
            decoded.append((batch.rows, module.head.decode(module(batch), batch)))
    return [task.shown(prediction) for prediction in task.assemble(split, split.in_order(decoded))]


@contextmanager
def _writer(name: str, *, text: str, width: int) -> Iterator[Any]:
    if name == "-":
        yield functools.partial(_write_json, sys.stdout)
        sys.stdout.flush()
        return
    file = Path(name).expanduser()
    draft = file.with_name(file.name + ".part")  # a name that is not mistaken for the complete file
    try:
        ending = file.suffix.lower()
        if ending in embedding_files.ENDINGS:
            with embedding_files.opened(draft, ending, text=text, width=width) as write:
                yield write
        else:
            with draft.open("w", encoding="utf-8", newline="") as stream:
                yield _CsvRows(stream, file) if ending in _CSV else functools.partial(_write_json, stream)
        draft.replace(file)
    except OSError as error:
        raise UserError(f"output={name} cannot be written: {error.strerror}") from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _write_json(stream: TextIO, record: dict[str, Any]) -> None:
    stream.write(json.dumps(record, ensure_ascii=False) + "\n")


class _CsvRows:
    """Writes records as CSV or TSV: a column per label probability, lists of strings joined, the rest as JSON."""

    def __init__(self, stream: TextIO, file: Path) -> None:
        self._stream, self._delimiter = stream, "," if file.suffix.lower() == ".csv" else "\t"
        self._rows: Any = None

    def __call__(self, record: dict[str, Any]) -> None:
        flat = {name: value for name, value in record.items() if name != "probabilities"}
        for name, value in flat.items():
            if isinstance(value, list) and all(isinstance(part, str) for part in value):
                flat[name] = ("," if name == "prediction" else " ").join(value)
            elif isinstance(value, list | dict):
                flat[name] = json.dumps(value, ensure_ascii=False)
        flat |= {f"probability_{name}": value for name, value in record.get("probabilities", {}).items()}
        if self._rows is None:
            self._rows = csv.DictWriter(self._stream, list(flat), delimiter=self._delimiter, extrasaction="ignore")
            self._rows.writeheader()
        self._rows.writerow(flat)
