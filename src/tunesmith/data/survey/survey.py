"""Opens a dataset and checks every row before anything heavy is loaded."""

import os
from dataclasses import dataclass, field, replace
from itertools import combinations, islice
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.targets import build_part
from tunesmith.data.survey.overlap import Watched
from tunesmith.errors import UserError
from tunesmith.errors.messages import full_name

SHOWN = 5  # mistakes of a split that a message lists one by one
_COMPARED = 1000  # rows of two splits with the same fingerprint


def from_the_hub(dataset: Config) -> bool:
    """Whether the data has to be downloaded before it can be checked."""
    return dataset["source"] == "hub" and not os.path.isdir(dataset["path"])  # noqa: PTH112 - a dataset's name may not be a path


@dataclass(frozen=True)
class Survey:
    """The contents of the splits.

    Attributes:
        rows: examples of each split.
        summary: the possible predictions in a few words, such as `labels negative, positive`.
        notes: for each thing worth noting, such as `empty texts`, its count in each split.
        counts: for each split the number of examples (words, for tags) of each label; empty where there are no labels.
        warnings: sentences about what is probably not meant, such as a label that never occurs.
    """

    rows: dict[str, int]
    summary: str
    notes: dict[str, dict[str, int]] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Surveyed:
    """A dataset whose rows have all been checked: source, task (with its labels) and survey."""

    source: Any
    task: Any
    survey: Survey


def mistakes_in(dataset: Config) -> list[str]:
    """Mistakes in a dataset's files, columns and rows; none if it has to be downloaded first."""
    try:
        if not from_the_hub(dataset):
            surveyed(dataset)
    except UserError as error:
        return error.mistakes
    return []


def surveyed(dataset: Config, *, task: Any = None) -> Surveyed:
    """Open a dataset and check every row.

    Args:
        dataset: the `dataset` node of the config.
        task: one that has its labels already; None to build it from the node.

    Raises:
        UserError: with all mistakes of files and columns, or else of rows.
    """
    source, task = build_part(dataset, "source"), task or build_part(dataset, "task")
    mistakes = source.mistakes(task.columns)
    if mistakes:
        raise UserError(mistakes)
    if "." in dataset["source"]:
        _check_fingerprints(source)
    if not task.gold_columns:  # a language model, whose texts may well occur again
        return Surveyed(source, task, _with_source(task.survey(source), source))
    watched = Watched(source, task.text_columns)
    found = _with_source(task.survey(watched), source)
    if overlap := watched.overlap():
        notes = found.notes | {"texts that train has too": overlap}
        found = replace(found, notes=notes, warnings=[*found.warnings, *watched.warnings(overlap)])
    return Surveyed(source, task, found)


def _check_fingerprints(source: Any) -> None:
    """Check that splits with the same fingerprint have the same rows: one would be trained and scored on the rows of the other.

    Raises:
        UserError: if they have not.
    """
    for one, other in combinations(source.splits, 2):
        if source.fingerprint(one) != source.fingerprint(other):
            continue
        rows, others = ([record for _, record in islice(source.rows(split), _COMPARED)] for split in (one, other))
        if rows != others:
            name = full_name(type(source))
            raise UserError(
                f"{name}.fingerprint is {source.fingerprint(one)!r:.60} for {one} and for {other}, whose rows differ; expected a "
                "digest of the split's content, by which tokens are cached and a resumed run knows its data"
            )


def _with_source(survey: Survey, source: Any) -> Survey:
    """A survey with what the source noticed when its rows were read: `notes()` and `warnings()`, if it has them."""
    notes = source.notes() if hasattr(source, "notes") else {}
    warnings = source.warnings() if hasattr(source, "warnings") else []
    return replace(survey, notes=survey.notes | notes, warnings=[*survey.warnings, *warnings])


def no_rows(split: str) -> str:
    """The message for a split without rows."""
    return f"the {split} split has no rows; expected at least one (ten for a held-out validation)"
