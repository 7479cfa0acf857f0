"""Score a model on a split, and keep its predictions: the one way, for `train`, `evaluate` and `reproduce`."""

from collections.abc import Iterable
from typing import Any

import pytorch_lightning as pl

from tunesmith.data.module import TextDataModule
from tunesmith.module import FineTuningModule


def score(
    trainer: pl.Trainer, module: FineTuningModule, data: TextDataModule, split: str
) -> tuple[dict[str, float], list[Any]]:
    """Scores by their plain names, and the task's prediction for each example in the data's order."""
    trainer.validate(module, dataloaders=data.evaluation_dataloader(split), verbose=False)
    return dict(module.scores), module.predictions


def lines(split: Any, predictions: list[Any]) -> Iterable[dict[str, Any]]:
    """A line of predictions/<split>.jsonl for each example."""
    for number, (example, prediction) in enumerate(zip(split.examples, predictions, strict=True)):
        name = str(number) if example["id"] is None else example["id"]
        yield {"id": name} | split.task.line(example, prediction)
