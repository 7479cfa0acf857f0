"""Scores a model and saves its predictions, for `train`, `evaluate` and `reproduce` alike."""

from collections.abc import Iterable
from typing import Any

import pytorch_lightning as pl

from tunesmith.data.module import TextDataModule
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.scores import LABELS
from tunesmith.training.module import FineTuningModule


def score_all(
    trainer: pl.Trainer, module: FineTuningModule, data: TextDataModule, *, keep: RunFolder | None, tune: bool
) -> dict[str, Any]:
    """The content of metrics.json: scores of every split except training as `test/accuracy`, and those of each label.

    Args:
        keep: the folder to write predictions/<split>.jsonl to; None to write nothing.
        tune: tune the task on the validation split, and write model/task.json to `keep`.
    """
    scores: dict[str, Any] = {}
    labels: dict[str, Any] = {}
    for split in data.source.splits:
        if split != "train":
            trainer.validate(module, dataloaders=data.evaluation_dataloader(split), verbose=False)
            scores |= {f"{split}/{name}": value for name, value in module.scores.items()}
            if trainer.is_global_zero:
                by_label = _label_scores(data, split, module.predictions)
                labels |= {split: by_label} if by_label else {}
                if keep is not None:
                    _save(module.predictions, data, split, keep, tune=tune)
    note = data.task.scores_note() if hasattr(data.task, "scores_note") else None
    if note and scores and trainer.is_global_zero:
        print(note, flush=True)
    return scores | ({LABELS: labels} if labels else {})


def _label_scores(data: TextDataModule, split: str, predictions: list[Any]) -> dict[str, dict[str, float]]:
    if not hasattr(data.task, "label_scores"):
        return {}
    found: dict[str, dict[str, float]] = data.task.label_scores(data.splits[split], predictions)
    return found


def _save(predictions: list[Any], data: TextDataModule, split: str, folder: RunFolder, *, tune: bool) -> None:
    examples = data.splits[split]
    if tune and split == "validation":
        data.task.tune(examples, predictions)
        folder.write_json("model/task.json", data.task.state())
    folder.write_lines(f"predictions/{split}.jsonl", _lines(examples, predictions))
    for name, content in data.task.files(examples, predictions).items():
        folder.write_json(f"predictions/{split}{name}.json", content)


def _lines(split: Any, predictions: list[Any]) -> Iterable[dict[str, Any]]:
    for number, (example, prediction) in enumerate(zip(split.examples, predictions, strict=True)):
        name = str(number) if example["id"] is None else example["id"]
        yield {"id": name} | split.task.line(example, prediction)
