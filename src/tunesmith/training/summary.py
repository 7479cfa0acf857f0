"""What is trained on what: printed before training, and in more detail at the beginning of train.log."""

import logging
from typing import Any

from tunesmith.backbones.backbone import parameter_count
from tunesmith.configuration import Config
from tunesmith.data.epoch_plan import padding_fraction
from tunesmith.data.module import TextDataModule
from tunesmith.data.survey.printed import findings
from tunesmith.data.survey.survey import Surveyed
from tunesmith.documents.numbers import rate
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.messages import message
from tunesmith.training.assembly import Assembly
from tunesmith.training.outline import groups

LOG = logging.getLogger("tunesmith")


def print_sizes(config: Config, dataset: Surveyed, run: RunFolder, parts: Assembly) -> None:
    """Print and log the sizes of data and model, and notes about the data; log the parameter groups and the padding."""
    data, module = parts.data, parts.module
    found = notes(dataset, parts)
    for split, examples in data.splits.items():
        noted = "".join(f", {counts[split]:,} {note}" for note, counts in found.items() if counts.get(split))
        message(f"{split:<11}{len(examples.examples):>9,} examples{noted}")
    for line in findings(dataset.survey):
        message(line)
    total = parameter_count(module)
    message(f"{run.path}  {total:,} parameters  {parts.total_steps:,} steps")

    trained = sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)
    LOG.info("parameters: %s, of which %s are trained", f"{total:,}", f"{trained:,}")
    optimizer = config["optimizer"]
    for group in groups(module, lr=optimizer.get("lr"), weight_decay=optimizer.get("weight_decay")):
        options = {"learning rate": group.lr, "weight decay": group.weight_decay} if group.trained else {}
        shown = ", ".join(f"{name} {rate(value)}" for name, value in options.items() if value is not None)
        LOG.info("group %s: %s, %s", group.pattern, f"{group.count:,}", shown if group.trained else "not trained")
    lengths, batches = data.splits["train"].lengths, data.plan.batches
    LOG.info(
        "an epoch: %s batches, %s tokens; %.2f %% of what a batch holds is padding",
        f"{len(batches):,}",
        f"{int(lengths.sum()):,}",
        100 * padding_fraction(lengths, batches),
    )
    trainer = parts.trainer
    LOG.info(
        "%s steps in at most %s on %s, precision %s, %s",
        f"{parts.total_steps:,}",
        f"{trainer.max_epochs} epoch{'s' * (trainer.max_epochs != 1)}",
        f"{trainer.world_size} x {trainer.strategy.root_device}",
        config["trainer"]["precision"],
        f"seed {config['seed']}",
    )


def notes(dataset: Surveyed, parts: Assembly) -> dict[str, dict[str, int]]:
    """What was noted of the rows, such as `texts cut to 128 tokens`, with their number in each split."""
    return _counted(parts.data) | dataset.survey.notes | parts.data.notes()


def _counted(data: TextDataModule) -> dict[str, dict[str, int]]:
    return {
        note: {split: examples.count(column) for split, examples in data.splits.items()}
        for column, note in data.task.counted.items()
    }


def log_scores(metrics: dict[str, Any]) -> None:
    """Log the final scores, a line for each split."""
    splits = dict.fromkeys(name.partition("/")[0] for name, value in metrics.items() if isinstance(value, float))
    for split in splits:
        found = {
            name.partition("/")[2]: value
            for name, value in metrics.items()
            if name.startswith(f"{split}/") and isinstance(value, float)
        }
        LOG.info("%s: %s", split, ", ".join(f"{name} {value:.6g}" for name, value in found.items()))
