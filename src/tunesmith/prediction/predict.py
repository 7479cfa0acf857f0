"""Predicts new texts with a completed run, as a stream: the input may be larger than memory."""

import functools
import sys
from itertools import islice
from typing import Any

import torch

from tunesmith.configuration import Config
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.data.encoding.special_tokens import Written
from tunesmith.data.epoch_plan import evaluation_plan
from tunesmith.errors import UserError
from tunesmith.prediction import embedding_files, output_files
from tunesmith.prediction.input_rows import input_rows
from tunesmith.runs.folder import RunFolder
from tunesmith.training.saved_model import load

CHUNK = 2048  # rows that are sorted by length, predicted and written at once


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
    ending = output_files.checked_ending(output) if output != "-" else ""
    module, task, tokenizer = load(run, config)
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
    special, written = Written(tokenizer, task), 0
    rows = special.counted(input_rows(input, task, config["dataset"]))
    width = int(module.backbone.config.hidden_size)
    with output_files.opened(output, text=task.text_columns[0], width=width) as write:
        while chunk := list(islice(rows, CHUNK)):
            write(chunk, predict_rows([_without_gold(row, task) for row in chunk]))
            written += len(chunk)
    if special.rows:
        print(f"{special.rows:,} rows {special.note}", file=sys.stderr)
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
            decoded.append((batch.rows, module.head.decode(module(batch).scores, batch)))
    return [task.shown(prediction) for prediction in task.assemble(split, split.in_order(decoded))]


def _without_gold(row: dict[str, Any], task: Any) -> dict[str, Any]:
    """A row without the columns that the model predicts, whose values may be none that it knows."""
    return {column: value for column, value in row.items() if column not in task.gold_columns}
