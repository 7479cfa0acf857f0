"""Scores a model and saves its predictions, for `train`, `evaluate` and `reproduce` alike."""

from collections.abc import Iterable
from typing import Any

import pytorch_lightning as pl

from tunesmith.data.module import TextDataModule
from tunesmith.runs.folder import RunFolder
from tunesmith.training.module import FineTuningModule


def score_all(
    trainer: pl.Trainer, module: FineTuningModule, data: TextDataModule, *, keep: RunFolder | None
) -> dict[str, float]:
    """Scores of every split except training, as `test/accuracy`.

    Args:
        keep: the run to write predictions/<split>.jsonl to, and model/task.json with what the task tunes on the
            validation split; None to write nothing.
    """
    scores: dict[str, float] = {}
    for split in data.source.splits:
        if split != "train":
            trainer.validate(module, dataloaders=data.evaluation_dataloader(split), verbose=False)
            if keep is not None and trainer.is_global_zero:
                _save(module.predictions, data, split, keep)
            scores |= {f"{split}/{name}": value for name, value in module.scores.items()}
    return scores


def _save(predictions: list[Any], data: TextDataModule, split: str, run: RunFolder) -> None:
    examples = data.splits[split]
    if split == "validation":
        data.task.tune(examples, predictions)
        run.write_json("model/task.json", data.task.state())
    run.write_lines(f"predictions/{split}.jsonl", _lines(examples, predictions))
    for name, content in data.task.files(examples, predictions).items():
        run.write_json(f"predictions/{split}{name}.json", content)


def _lines(split: Any, predictions: list[Any]) -> Iterable[dict[str, Any]]:
    for number, (example, prediction) in enumerate(zip(split.examples, predictions, strict=True)):
        name = str(number) if example["id"] is None else example["id"]
        yield {"id": name} | split.task.line(example, prediction)
