"""Evaluate a completed run, on its own data or on other data."""

from pathlib import Path
from typing import Any

from tunesmith.backbones.pretrained import content_key
from tunesmith.callbacks.interruption import Interruption
from tunesmith.configuration import Config
from tunesmith.configuration.targets import factory
from tunesmith.data.survey.printed import findings
from tunesmith.data.survey.survey import surveyed
from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder
from tunesmith.training import out_of_memory
from tunesmith.training.assembly import data_module
from tunesmith.training.saved_model import load
from tunesmith.training.scoring import score_all


def evaluate(run: RunFolder, config: Config, *, output: Path | None = None) -> dict[str, Any]:
    """Scores of every split except training, keyed `test/accuracy`, and of each label: what metrics.json holds.

    Args:
        run: completed.
        config: the run's, with the command line's changes.
        output: folder to write metrics.json and predictions/<split>.jsonl to; None to write nothing.

    Raises:
        UserError: if the data cannot be read as the run's.
    """
    module, task, tokenizer = load(run, config)
    if config["dataset"].get("labels") != run.config()["dataset"].get("labels"):
        _check_label_numbers(config["dataset"]["labels"], task.label_names)
    dataset = surveyed(config["dataset"], task=task)
    for line in findings(dataset.survey):
        print(line)
    differing = run.recorded.differing_splits(dataset.source)
    if differing:
        print(f"Other data than the run's: {', '.join(differing)}", flush=True)
    if changed := run.recorded.changed_code(config):
        print(f"Other code than the run's: {', '.join(changed)} has changed since", flush=True)
    data = data_module(config, dataset.source, task, tokenizer, content_key(tokenizer))
    data.setup()
    for note, counts in data.notes().items():
        print(", ".join(f"{count:,} rows of {split}" for split, count in counts.items() if count), note, flush=True)
    with Interruption() as interruption:
        trainer = factory(config["trainer"], group="trainer")(
            run.path, [interruption], [], progress_bar=False, devices=1
        )
        folder = RunFolder(output) if output is not None else None
        with out_of_memory.explained(config, scoring=True):
            metrics = score_all(trainer, module, data, keep=folder, tune=False)
        if folder is not None:
            folder.write_json("metrics.json", metrics)
    return metrics


def _check_label_numbers(labels: list[str] | None, names: tuple[str, ...]) -> None:
    """Numbers in the data are indices of the labels that the dataset names: these have to be the run's."""
    given = tuple(labels or ())
    if given != names[: len(given)]:
        raise UserError(
            f"dataset.labels is {', '.join(given)}, but the run's labels are {', '.join(names)}, in this order; evaluate "
            "on data with these labels, written as text, and leave dataset.labels out"
        )
