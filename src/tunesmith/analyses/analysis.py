"""What predictions show, by the dataset's task and problem: the one place that decides which analysis a task gets."""

from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from tunesmith.analyses import (
    entities,
    language_models,
    multi_label,
    questions,
    regression,
    rows,
    similarities,
    single_label,
    tags,
)
from tunesmith.analyses.rows import Row
from tunesmith.documents.document import Section
from tunesmith.errors import UserError
from tunesmith.errors.messages import shortened

_PROBLEMS = {"single_label": single_label, "multi_label": multi_label, "regression": regression}


def analysis(
    dataset: Mapping[str, Any], seeds: Sequence[Iterable[Row]], *, split: str, name: str | None = None
) -> Section:
    """A section with tables and pictures of predictions.

    Args:
        dataset: the `dataset` node of the runs' config: its task, its problem and the names of its columns.
        seeds: for each seed of one configuration, what its lines of predictions/<split>.jsonl hold, in their order.
        split: of the data.
        name: start of the names of all files; None for the split.

    Raises:
        UserError: for rows that are not as the task writes them, and for seeds on different data.
    """
    return section(dataset, [collect(dataset, seed) for seed in seeds], split=split, name=name)


def collect(dataset: Mapping[str, Any], seed: Iterable[Row]) -> Any:
    """Read the rows of one seed, once, for `section`; errors as of `analysis`."""
    return _kind(dataset).collect(seed, dataset)


def section(dataset: Mapping[str, Any], collected: Sequence[Any], *, split: str, name: str | None = None) -> Section:
    """A section of what `collect` has read of each seed; arguments and errors as of `analysis`."""
    rows.check_same([seed.examples for seed in collected])
    return Section(f"Predictions on {split}", _kind(dataset).parts(collected, split=split, name=name or split))


def _kind(dataset: Mapping[str, Any]) -> ModuleType:
    kinds = {
        "text_classification": _PROBLEMS.get(str(dataset.get("problem", "single_label"))),
        "token_classification": entities if dataset.get("entities", True) else tags,
        "question_answering": questions,
        "language_modeling": language_models,
        "contrastive": similarities,
    }
    kind = kinds.get(str(dataset.get("task")))
    if kind is None:
        given = shortened(f"{dataset.get('task')} {dataset.get('problem', '')}".strip())
        raise UserError(f"no analysis for the task {given}; expected one of {', '.join(kinds)}")
    return kind
