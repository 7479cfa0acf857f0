"""The runs of an appendix with what they recorded: one study for each sweep, and one for the runs of none."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath
from typing import Any

from tunesmith.configuration.identity import digest
from tunesmith.configuration.monitor import larger_is_better, monitored
from tunesmith.configuration.stages import origin
from tunesmith.errors import UserError
from tunesmith.exporting.run_facts import dataset_name
from tunesmith.report.groups import grouped
from tunesmith.report.records import Record, find, of_sweep, run_folders
from tunesmith.report.search import NOT_DATA
from tunesmith.report.trials import Trial, objectives_of, trials
from tunesmith.runs.folder import RunFolder
from tunesmith.sweeps.folder import SweepFolder

UNKNOWN = "not recorded"


@dataclass(frozen=True)
class Run:
    """A run and its manifest.json, which is empty if there is none that can be read."""

    record: Record
    manifest: Mapping[str, Any]

    @property
    def parameters(self) -> int | None:
        """Number of parameters of backbone and head, trained or not."""
        found = self.part("model").get("parameters")
        return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None

    @property
    def devices(self) -> int | None:
        """Number of processes, each with a device of its own if there are GPUs."""
        trainer = self.record.config.get("trainer")
        found = trainer.get("devices") if isinstance(trainer, Mapping) else None
        return found if isinstance(found, int) and found > 0 else None

    @property
    def started(self) -> bool:
        """Whether it ever did, so that it may have recorded something."""
        return self.record.state != "waiting"

    def part(self, name: str) -> Mapping[str, Any]:
        """An object of the manifest; empty if it is not there."""
        found = self.manifest.get(name)
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True)
class Comparable:
    """Configurations that one score can rank: scored on the same data, by the same monitored score.

    Attributes:
        dataset: what a person calls the data.
        score: by which they are ranked; an objective of the search, else the monitored score.
        trials: from the best to the worst, then those without a score.
    """

    dataset: str
    score: str
    trials: list[Trial]

    @property
    def best(self) -> Trial | None:
        """None if no trial has a number for the score."""
        first = self.trials[0]
        return first if math.isfinite(first.values[0]) else None


@dataclass(frozen=True)
class Study:
    """Runs of one sweep, or of none.

    Attributes:
        name: such as `sweep 7b52244d2d`, by the sweep's folder, or `single runs`.
        runs: in any state.
        sweep: None for runs of no sweep.
        stages: runs of earlier stages that the sweep made, from whose models its runs start.
    """

    name: str
    runs: list[Run]
    sweep: SweepFolder | None = None
    stages: tuple[Run, ...] = ()

    @cached_property
    def description(self) -> Mapping[str, Any]:
        """sweep.json; empty without a sweep."""
        return {} if self.sweep is None else self.sweep.read()

    @property
    def settings(self) -> Mapping[str, Any]:
        """The `sweep` node of its config, as far as it is recorded."""
        found = self.description.get("settings")
        return found if isinstance(found, Mapping) else {}

    @cached_property
    def comparable(self) -> list[Comparable]:
        """Its configurations in parts that can be ranked; damaged runs, whose configuration is unknown, are left out."""
        objectives = [] if self.sweep is None else objectives_of(self.sweep)
        parts: dict[tuple[str, str], list[Record]] = {}
        for run in self.runs:
            if config := run.record.config:
                parts.setdefault((objectives[0] if objectives else monitored(config), _scored_on(config)), []).append(
                    run.record
                )
        found = [(score, records) for (score, _), mixed in parts.items() for records in _by_content(mixed)]
        names = [dataset_name(records[0].config["dataset"]) for _, records in found]
        return [
            Comparable(
                f"{name} ({names[: number + 1].count(name)})" if names.count(name) > 1 else name,
                score,
                _ranked(trials(grouped(records), [score]), score),
            )
            for number, (name, (score, records)) in enumerate(zip(names, found, strict=True))
        ]


def _scored_on(config: Mapping[str, Any]) -> str:
    """What identifies the data that a run is scored on, as far as its config says it."""
    return digest({key: value for key, value in config["dataset"].items() if key not in NOT_DATA})


def _by_content(records: Sequence[Record]) -> list[list[Record]]:
    """Records by the content of their data; one that has not recorded it, such as a failed run, is with the first."""
    parts: dict[str, list[Record]] = {digest(record.data): [] for record in records if record.data} or {"": []}
    first = next(iter(parts))
    for record in records:
        parts[digest(record.data) if record.data else first].append(record)
    return list(parts.values())


def _ranked(found: Iterable[Trial], score: str) -> list[Trial]:
    sign = -1 if larger_is_better(score) else 1

    def key(trial: Trial) -> tuple[bool, float]:
        value = trial.values[0]
        return (False, sign * value) if math.isfinite(value) else (True, 0.0)

    return sorted(found, key=key)


def studies(records: Sequence[Record], sweeps: Sequence[SweepFolder]) -> list[Study]:
    """The runs by sweep. A run of two sweeps is in both; what is counted over all studies counts it once.

    A sweep of which some runs are given is complete: jobs that have left no folder are added as `of_sweep` reads them.

    Raises:
        DamagedError: for a sweep.json that is not as it was written.
    """
    runs = {record.path.resolve(): read(record) for record in records}
    found = []
    loose = dict(runs)
    for sweep in sweeps:
        folders = run_folders(sweep)
        jobs = {entry["number"]: bool(entry.get("stage")) for entry in sweep.entries()}
        own = {folders[entry["number"]]: entry["overrides"] for entry in sweep.entries() if not entry.get("stage")}
        before = dict.fromkeys(folders[number] for number, stage in jobs.items() if stage)
        if any(path in runs for path in own) and any(
            path not in runs for path in own
        ):  # such as jobs that never started
            more = {record.path.resolve(): record for record in of_sweep(sweep)}
            runs |= {path: read(record) for path, record in more.items() if path not in runs}
        members = [_with_overrides(runs[path], own[path]) for path in own if path in runs]
        stages = [run for path in before for run in ([runs[path]] if path in runs else _stage(path))]
        for path in [*own, *before]:
            loose.pop(path, None)
        if members:
            found.append(Study(f"sweep {sweep.path.resolve().name}", members, sweep, tuple(stages)))
    if loose:
        found.append(Study("single runs", list(loose.values())))
    return found


def _with_overrides(run: Run, overrides: dict[str, str]) -> Run:
    """The run, with what its sweep varied if it was found without its sweep."""
    return run if run.record.overrides is not None else replace(run, record=replace(run.record, overrides=overrides))


def _stage(path: Any) -> list[Run]:
    """The run of an earlier stage; none if it is not there."""
    try:
        return [read(record) for record in find([path])]
    except UserError:
        return []


def every_run(found: Sequence[Study]) -> list[Run]:
    """The runs of all studies, those of earlier stages included, each once."""
    runs = [run for study in found for run in (*study.stages, *study.runs)]
    return list({run.record.path.resolve(): run for run in runs}.values())


def read(record: Record) -> Run:
    """A record with its manifest."""
    try:
        manifest = RunFolder(record.path).read_json("manifest.json")
    except (OSError, UserError):
        manifest = {}
    return Run(record, manifest if isinstance(manifest, dict) else {})


def backbone_name(config: Mapping[str, Any]) -> str:
    """The model of a run before all stages: hub id, name of a folder, or family of a model of the project."""
    node = origin(dict(config))
    name, family = node.get("name"), node.get("family")
    if isinstance(name, str):
        parts = PurePath(name).parts
        return "/".join(parts[-2:] if parts[-1] == "model" else parts[-1:]) if name[:1] in "/~." else name
    kind = {"Mini": "random", "Shipped": "mini"}.get(str(node.get("_target_")).rpartition(".")[2], "")
    return f"{kind}_{family}".strip("_") if family else str(node.get("_target_", UNKNOWN))


def counted(values: Iterable[str]) -> str:
    """Values with the number of runs that have each, where they differ: `2.13.0 (4 runs), 2.12.0 (1 run)`."""
    every = list(values)
    different = {value: every.count(value) for value in dict.fromkeys(every)}
    if len(different) == 1:
        return every[0]
    return ", ".join(f"{value} ({plural(count, 'run')})" for value, count in different.items())


def plural(count: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"
