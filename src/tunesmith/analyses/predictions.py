"""Predictions of completed runs: their files, verified and read line by line, and what they show."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tunesmith.analyses.analysis import collect, section
from tunesmith.analyses.rows import Row
from tunesmith.documents.document import Part, Section
from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder
from tunesmith.storage.verified_folder import DamagedError


def splits(run: RunFolder) -> list[str]:
    """The splits that a run has predictions for, in alphabetical order."""
    return sorted(file.stem for file in (run.path / "predictions").glob("*.jsonl"))


def predictions(run: RunFolder, split: str) -> Iterator[Row]:
    """The rows of predictions/<split>.jsonl, read as they are needed; the file is verified before the first.

    Raises:
        UserError: if the run has no predictions for the split.
        DamagedError: if the file is not as it was written.
    """
    name = f"predictions/{split}.jsonl"
    try:
        for number, line in enumerate(run.lines(name), start=1):
            yield _row(line, number, run, name)
    except FileNotFoundError:
        raise UserError(
            f"{run.path} has no {name}; expected one of {', '.join(splits(run)) or 'no split'}; score the run again: "
            f"tunesmith evaluate run={run.path} output=DIR"
        ) from None


def _row(line: str, number: int, run: RunFolder, name: str) -> Row:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise DamagedError(f"{run.path / name} is damaged: line {number:,} is no JSON object; restore it from a copy")
    return row


def of_runs(runs: Sequence[RunFolder], split: str, *, name: str | None = None) -> Section:
    """What the predictions of the seeds of one configuration show.

    A run whose predictions are missing or damaged is named in a paragraph, and the others are analysed.

    Args:
        runs: completed.
        split: of the data.
        name: start of the names of all files; None for the split.
    """
    problems: list[Part] = []
    collected = []
    dataset: Any = None
    for run in runs:
        try:
            config = run.config()["dataset"]
            collected.append(collect(config, predictions(run, split)))
            dataset = dataset or config
        except UserError as error:
            problems.append(f"Left out: {error}")
    if not collected:
        return Section(f"Predictions on {split}", problems or [f"There are no predictions on {split}."])
    try:
        found = section(dataset, collected, split=split, name=name)
    except UserError as error:
        return Section(f"Predictions on {split}", [*problems, f"Not analysed: {error}"])
    return Section(found.title, [*problems, *found.parts])
