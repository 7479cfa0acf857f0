"""Score a model on a split, and keep its predictions: the one way, for `train`, `evaluate` and `reproduce`."""

from collections.abc import Iterator
from typing import Any

import pytorch_lightning as pl

from tunesmith.data.module import TextDataModule
from tunesmith.module import FineTuningModule


def score(
    trainer: pl.Trainer, module: FineTuningModule, data: TextDataModule, split: str
) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Scores by their plain names, and a line for each example in the data's order."""
    module.collected = []
    try:
        trainer.validate(module, dataloaders=data.evaluation_dataloader(split), verbose=False)
        return dict(module.scores), list(_lines(module.collected, data, split))
    finally:
        module.collected = None


def _lines(collected: list[Any], data: TextDataModule, split: str) -> Iterator[dict[str, Any]]:
    examples = data.splits[split].examples
    places = {int(row): (batch, place) for batch, (rows, _) in enumerate(collected) for place, row in enumerate(rows)}
    decoded = [{name: value.tolist() for name, value in values.items()} for _, values in collected]
    for number, example in enumerate(examples):
        batch, place = places[number]
        values = {name: value[place] for name, value in decoded[batch].items()}
        given = example["id"]
        yield {"id": str(number) if given is None else given} | data.task.scored(example, values)
