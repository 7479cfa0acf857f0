"""Opens a dataset and looks at every row before anything heavy is loaded."""

import os
from dataclasses import dataclass, field
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.build import build_part
from tunesmith.errors import UserError

SHOWN = 5  # mistakes of a split that a message names one by one


def from_the_hub(dataset: Config) -> bool:
    """Whether the data has to be fetched before it can be checked."""
    return dataset["source"] == "hub" and not os.path.isdir(dataset["path"])  # noqa: PTH112 - a dataset's name may be no path


@dataclass(frozen=True)
class Survey:
    """What the splits hold.

    Attributes:
        rows: examples of each split.
        summary: what a model can answer, in a few words, such as `labels negative, positive`.
        notes: for each thing worth a note, such as `empty texts`, how often each split has it.
    """

    rows: dict[str, int]
    summary: str
    notes: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Surveyed:
    """A dataset whose rows have all been looked at: source, task (which knows its labels now) and survey."""

    source: Any
    task: Any
    survey: Survey


def mistakes_in(dataset: Config) -> list[str]:
    """What is wrong with a dataset's files, columns and rows; nothing is known of one that has to be fetched first."""
    try:
        if not from_the_hub(dataset):
            surveyed(dataset)
    except UserError as error:
        return error.mistakes
    return []


def surveyed(dataset: Config, *, task: Any = None) -> Surveyed:
    """Open a dataset and check every row.

    Args:
        dataset: the config's node.
        task: one that knows its labels already; null to make it from the node.

    Raises:
        UserError: with all mistakes of files and columns, or else of rows.
    """
    source, task = build_part(dataset, "source"), task or build_part(dataset, "task")
    mistakes = source.mistakes(task.columns)
    if mistakes:
        raise UserError(mistakes)
    return Surveyed(source, task, task.survey(source))


def no_rows(split: str) -> str:
    """What is said of a split without rows."""
    return f"the {split} split has no rows; expected at least one (two for a held-out validation)"
