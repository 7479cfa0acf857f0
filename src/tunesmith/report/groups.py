"""Groups of runs that differ only in their seed, and their mean scores."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.identity import digest
from tunesmith.configuration.monitor import larger_is_better, monitored
from tunesmith.configuration.targets import SEVERAL
from tunesmith.report.choice_names import choice_name
from tunesmith.report.records import Record

_IGNORED = ("seed", "output_dir", "logger")  # settings that tell no configurations apart
CHOSEN = ("dataset", "head", "optimizer", "scheduler", "regularization")  # groups that are named by their choice


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
    def label(self) -> str:
        """What distinguishes it in words, such as `optimizer.lr=1e-4 head=crf`; empty for the only group."""
        return " ".join(f"{key}={text}" for key, text in self.varied.items())

    def settings(self, keys: Iterable[str]) -> list[str]:
        """Its values of some settings, as cells of a table; empty where it does not have one."""
        return [self.varied.get(key, "") for key in keys]

    @property
    def completed(self) -> list[Record]:
        """Runs with scores."""
        return [record for record in self.records if record.state == "done"]

    @property
    def states(self) -> dict[str, int]:
        """Number of runs in each state."""
        states = [record.state for record in self.records]
        return {state: states.count(state) for state in dict.fromkeys(states)}

    @property
    def seeds(self) -> list[Record]:
        """The first completed run of each seed: repetitions of a run are no further observations."""
        found: dict[Any, Record] = {}
        for record in self.completed:
            found.setdefault(record.config["seed"], record)
        return list(found.values())

    def by_seed(self, score: str) -> dict[int, list[float]]:
        """A score of the completed runs that have it, those of a seed together."""
        found: dict[int, list[float]] = {}
        for record in self.completed:
            if score in record.scores:
                found.setdefault(int(record.config["seed"]), []).append(record.scores[score])
        return found

    def values(self, score: str) -> list[float]:
        """A score of each seed; the mean of its runs, if it was repeated."""
        return [sum(values) / len(values) for values in self.by_seed(score).values()]

    def mean(self, score: str) -> float | None:
        """Mean of a score over the seeds; None without a completed run, NaN if a seed's score is not finite."""
        values = self.values(score)
        if not all(map(math.isfinite, values)):
            return math.nan
        return statistics.fmean(values) if values else None

    def deviation(self, score: str) -> float | None:
        """Sample standard deviation (n - 1) over the seeds; None for fewer than two, NaN if a seed's score is not finite."""
        values = self.values(score)
        if not all(map(math.isfinite, values)):
            return math.nan
        return statistics.stdev(values) if len(values) > 1 else None

    @property
    def seconds(self) -> float | None:
        """Mean run time."""
        times = [record.seconds for record in self.completed if record.seconds is not None]
        return statistics.fmean(times) if times else None


def grouped(records: Iterable[Record]) -> list[Group]:
    """Groups in the order of their first run: runs of other data or other versions are not in one group.

    A damaged run, whose config cannot be read, is in none.
    """
    members: dict[str, list[Record]] = {}
    for record in records:
        if record.config:
            members.setdefault(record.configuration, []).append(record)
    groups = [apart for group in members.values() for apart in _by_provenance(group)]
    return [Group(varied, runs) for varied, runs in zip(_varied(groups), groups, strict=True)]


def _by_provenance(records: Sequence[Record]) -> list[list[Record]]:
    """Runs of one configuration by their data and versions; one that has not recorded them is with the first."""
    known = [record for record in records if record.data or record.versions]
    parts: dict[str, list[Record]] = {digest([record.data, record.versions]): [] for record in known} or {"": []}
    first = next(iter(parts))
    for record in records:
        parts[digest([record.data, record.versions]) if record.data or record.versions else first].append(record)
    return list(parts.values())


def shared_monitor(groups: Sequence[Group]) -> str | None:
    """The monitored score of all runs; None if they do not share one."""
    monitors = {monitored(record.config) for group in groups for record in group.records}
    return monitors.pop() if len(monitors) == 1 else None


def ranked(groups: Sequence[Group], score: str | None) -> list[Group]:
    """The groups from the best mean of a score to the worst, then those without it; in their own order for None."""
    if score is None:
        return list(groups)

    def key(group: Group) -> tuple[bool, float]:
        mean = group.mean(score)
        if mean is None or math.isnan(mean):
            return True, 0.0
        return False, -mean if larger_is_better(score) else mean

    return sorted(groups, key=key)


def best(groups: Sequence[Group]) -> Group | None:
    """The group with the best mean of the monitored score; None if they do not share one, or no run has completed."""
    score = shared_monitor(groups)
    if score is None:
        return None
    first = ranked(groups, score)[0]
    mean = first.mean(score)
    return None if mean is None or math.isnan(mean) else first


def _varied(groups: Sequence[list[Record]]) -> list[dict[str, str]]:
    """What distinguishes each group: the sweep's own overrides if they are known, else the settings that differ."""
    settings = _settings(groups)
    if len({tuple(varied.items()) for varied in settings}) == len(groups):
        return settings
    found = [{**_prefixed("data", group), **_prefixed("versions", group)} for group in groups]
    differing = _differing(found)
    return [
        varied | {key: row.get(key, "-")[:8] if key.startswith("data ") else row.get(key, "-") for key in differing}
        for varied, row in zip(settings, found, strict=True)
    ]


def _settings(groups: Sequence[list[Record]]) -> list[dict[str, str]]:
    overrides = [group[0].overrides for group in groups]
    if all(varied is not None for varied in overrides):
        named = [{key: value for key, value in (varied or {}).items() if key != "seed"} for varied in overrides]
        apart = len({tuple(varied.items()) for varied in named}) == len({group[0].configuration for group in groups})
        if apart and len({group[0].sweep for group in groups}) == 1:
            return named
    else:
        named, apart = [], False
    flat = [_named(group[0].config) for group in groups]
    kept = [key for key in _differing(flat) if key.partition(".")[0] not in _IGNORED and not _is_told(key, flat)]
    if apart and all(_is_below(key, varied) for key in kept for varied in named):
        return named  # several sweeps that vary the same settings, and have the others in common
    return [{key: row.get(key, "-") for key in kept} for row in flat]


def _is_below(key: str, varied: Iterable[str]) -> bool:
    """Whether a setting is one of those that a sweep varied, or below one."""
    return any(key == other or key.startswith(f"{other}.") for other in varied)


def _named(config: Config) -> dict[str, str]:
    """The settings of a config by their keys, and the choices of its groups by theirs."""
    rows: dict[str, str] = {}
    for key, text in _flat(config):
        group = key.partition(".")[0]
        if group in CHOSEN and group not in rows:
            rows[group] = choice_name(group, config[group])
        rows[key] = text
    return rows


def _is_told(key: str, rows: Sequence[Mapping[str, str]]) -> bool:
    """Whether the name of the group's choice tells a setting: all choices that have it have the same value."""
    group, _, name = key.partition(".")
    if not name or group not in CHOSEN:
        return False
    if group in SEVERAL:  # the names in a list tell nothing about the settings of one that is in several lists
        return len({row[key] for row in rows if key in row}) == 1
    by_choice: dict[str, set[str | None]] = {}
    for row in rows:
        by_choice.setdefault(row.get(group, ""), set()).add(row.get(key))
    return len({row[key] for row in rows if key in row}) == 1 or (
        len(by_choice) > 1 and all(len(values) == 1 for values in by_choice.values())
    )


def _prefixed(name: str, group: Sequence[Record]) -> dict[str, str]:
    """A group's fingerprints of its data, or its versions, from the first run that has recorded them."""
    found: dict[str, str] = next((getattr(record, name) for record in group if getattr(record, name)), {})
    return {f"{name} {key}": value for key, value in found.items()}


def _differing(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """The keys whose values differ between rows, or that some of them lack."""
    keys = dict.fromkeys(key for row in rows for key in row)
    return [key for key in keys if len({row.get(key) for row in rows}) > 1]


def _flat(node: Mapping[str, Any], path: str = "") -> Iterable[tuple[str, str]]:
    for key, value in node.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", str(value)
