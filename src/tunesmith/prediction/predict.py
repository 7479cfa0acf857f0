"""Predicts new texts with a completed run, as a stream: the input may be larger than memory."""

import sys
from collections.abc import Iterable, Iterator
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
    predictor = Predictor(run, config)
    task, written = predictor.task, 0
    if ending in embedding_files.ENDINGS and not hasattr(task, "embeds"):
        raise UserError(
            f"output={output}: {ending} files are for embeddings, but this run's task is {config['dataset']['task']}; "
            "use a .jsonl, .csv or .tsv file"
        )
    with output_files.opened(output, text=task.text_columns[0], width=predictor.width) as write:
        for rows, results in predictor.chunks(input_rows(input, task, config["dataset"])):
            write(rows, results)
            written += len(rows)
    return written


class Predictor:
    """A completed run's model, loaded once.

    Args:
        run: completed.
        config: the run's, with changes.

    Raises:
        UserError: if a file of the model is missing or damaged.
    """

    def __init__(self, run: RunFolder, config: Config) -> None:
        self._module, self.task, self._tokenizer = load(run, config)
        self._config = config
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._module.to(self._device)

    @property
    def width(self) -> int:
        """Size of an embedding."""
        return int(self._module.backbone.config.hidden_size)

    def chunks(self, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
        """Chunks of the rows, in their order, with the results of each; at the end, written special tokens are reported.

        Raises:
            UserError: for a row that cannot be encoded.
        """
        special = Written(self._tokenizer, self.task)
        counted = special.counted(rows)
        while chunk := list(islice(counted, CHUNK)):
            yield chunk, self._results([_without_gold(row, self.task) for row in chunk])
        if special.rows:
            print(f"{special.rows:,} rows {special.note}", file=sys.stderr)

    @torch.inference_mode()
    def _results(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        module, task, device = self._module, self.task, self._device
        try:
            split = EncodedSplit.of(rows, task=task, tokenizer=self._tokenizer)
        except ValueError as error:
            raise UserError(f"a row of the input: {error}") from error
        decoded = []
        mixed = self._config["trainer"]["precision"] == "bf16-mixed"
        for numbers in evaluation_plan(split.lengths, batch_size=self._config["dataset"]["eval_batch_size"]):
            batch = module.prepared(split[numbers], training=False).to(device)
            with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
                decoded.append((batch.rows, module.head.decode(module(batch).scores, batch)))
        return [task.shown(prediction) for prediction in task.assemble(split, split.in_order(decoded))]


def _without_gold(row: dict[str, Any], task: Any) -> dict[str, Any]:
    """A row without the columns that the model predicts, whose values may be none that it knows."""
    return {column: value for column, value in row.items() if column not in task.gold_columns}
