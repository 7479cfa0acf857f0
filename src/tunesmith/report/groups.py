"""Groups of runs that differ only in their seed, and their mean scores."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunesmith.configuration.identity import digest, identity
from tunesmith.configuration.monitor import larger_is_better, monitored
from tunesmith.report.records import Record


@dataclass(frozen=True)
class Group:
    """The runs of one configuration with different seeds.

    Attributes:
        varied: the settings that distinguish it from the other groups of the report, and their values.
        records: its runs.
    """

    varied: dict[str, str]
    records: list[Record]

    @property
    def completed(self) -> list[Record]:
        """Runs with scores."""
        return [record for record in self.records if record.state == "done"]

    @property
    def states(self) -> dict[str, int]:
        """Number of runs in each state."""
        states = [record.state for record in self.records]
        return {state: states.count(state) for state in dict.fromkeys(states)}

    def values(self, score: str) -> list[float]:
        """A score of each completed run."""
        return [record.scores[score] for record in self.completed if score in record.scores]

    def mean(self, score: str) -> float | None:
        """Mean of a score over the seeds; None without a completed run, NaN if a seed's score is NaN."""
        values = self.values(score)
        return statistics.fmean(values) if values else None

    def deviation(self, score: str) -> float | None:
        """Sample standard deviation (n - 1) over the seeds; None for fewer than two, NaN if a seed's score is NaN."""
        values = self.values(score)
        if any(map(math.isnan, values)):
            return math.nan
        return statistics.stdev(values) if len(values) > 1 else None

    @property
    def seconds(self) -> float | None:
        """Mean run time."""
        times = [record.seconds for record in self.completed if record.seconds is not None]
        return statistics.fmean(times) if times else None


def grouped(records: Iterable[Record]) -> list[Group]:
    """Groups in the order of their first run."""
    members: dict[str, list[Record]] = {}
    for record in records:
        without_seed = {key: value for key, value in identity(record.config).items() if key != "seed"}
        members.setdefault(digest([record.config["name"], without_seed]), []).append(record)
    groups = list(members.values())
    return [Group(varied, runs) for varied, runs in zip(_varied(groups), groups, strict=True)]


def best(groups: Sequence[Group]) -> Group | None:
    """The group with the best mean of the monitored score; None if they do not share one, or no run has completed."""
    monitors = {monitored(record.config) for group in groups for record in group.records}
    if len(monitors) != 1:
        return None
    (score,) = monitors
    larger = larger_is_better(score)
    means = [(group.mean(score), group) for group in groups]
    scored = [(mean if larger else -mean, group) for mean, group in means if mean is not None and not math.isnan(mean)]
    return max(scored, key=lambda pair: pair[0])[1] if scored else None


def _varied(groups: Sequence[list[Record]]) -> list[dict[str, str]]:
    """What distinguishes each group: the sweep's own overrides if they are known, else the settings that differ."""
    overrides = [group[0].overrides for group in groups]
    if all(varied is not None for varied in overrides):
        named = [{key: value for key, value in (varied or {}).items() if key != "seed"} for varied in overrides]
        if len({tuple(varied.items()) for varied in named}) == len(groups):
            return named
    flat = [dict(_flat(group[0].config)) for group in groups]
    keys = dict.fromkeys(key for settings in flat for key in settings)
    rows = [{key: settings.get(key, "-") for key in keys} for settings in flat]
    ignored = ("seed", "output_dir", "logger")
    differing = [key for key in keys if key.partition(".")[0] not in ignored and len({row[key] for row in rows}) > 1]
    return [{key: row[key] for key in differing} for row in rows]


def _flat(node: Mapping[str, Any], path: str = "") -> Iterable[tuple[str, str]]:
    for key, value in node.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", str(value)
