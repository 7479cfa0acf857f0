"""The trials of a sweep: each configuration with its state, the values of its objectives, and its settings."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tunesmith.configuration.monitor import COSTS, monitored
from tunesmith.errors import UserError
from tunesmith.report.groups import Group
from tunesmith.report.records import Record
from tunesmith.runs.folder import RunFolder
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.search.objectives import Objective

STATES = ("done", "pruned", "failed")


@dataclass(frozen=True)
class Trial:
    """One configuration of a sweep.

    Attributes:
        settings: the varied keys that it sets, and its values as typed.
        state: done if it has a run with scores; else pruned, failed, or `open` for one that is not over.
        values: mean of each objective over its completed seeds; NaN where it has none.
        group: its runs.
    """

    settings: dict[str, str]
    state: str
    values: tuple[float, ...]
    group: Group


def trials(groups: Sequence[Group], objectives: Sequence[str]) -> list[Trial]:
    """A trial for each configuration.

    Args:
        groups: configurations of one sweep.
        objectives: scores, such as `validation/f1`, or costs of a run: seconds, parameters, steps.
    """
    found = []
    for group in groups:
        values = tuple(_mean([_value(record, name) for record in group.completed]) for name in objectives)
        settings = {key: value for key, value in group.varied.items() if value != "-" or _typed(group)}
        found.append(Trial(settings, _state(group), values, group))
    return found


def objectives_of(folder: SweepFolder) -> list[str]:
    """What a search optimises, the main objective first: empty for the monitored score alone, or if it is not recorded."""
    settings = folder.read().get("settings")
    wanted = settings.get("objective") if isinstance(settings, dict) else None
    names = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
    return [name for name in names if isinstance(name, str)]


def monitored_by(groups: Sequence[Group]) -> list[str]:
    """The different scores that the runs of some groups monitor."""
    return sorted({monitored(record.config) for group in groups for record in group.records})


def _typed(group: Group) -> bool:
    """Whether its settings are those that the sweep varied; otherwise, `-` stands for one that its config lacks."""
    return group.records[0].overrides is not None and group.varied.items() <= group.records[0].overrides.items()


def _state(group: Group) -> str:
    return next((state for state in STATES if state in group.states), "open")


def _value(record: Record, name: str) -> float:
    """The value of an objective for a completed run; NaN if it is not recorded."""
    if name == "seconds":
        return math.nan if record.seconds is None else record.seconds
    if name not in COSTS:
        return record.scores.get(name, math.nan)
    try:
        return Objective(name).of(RunFolder(record.path))
    except (OSError, UserError, KeyError, TypeError, ValueError):
        return math.nan


def _mean(values: Sequence[float]) -> float:
    """NaN if any value is, as the search itself fails a trial with a seed whose score is not a number."""
    return math.fsum(values) / len(values) if values and all(map(math.isfinite, values)) else math.nan
