"""What a dashboard shows of a run besides its values: how it is named, grouped and tagged, and which score is watched.

This is the one place that decides it; each logger says it in the terms of its service.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tunesmith.configuration import Config
from tunesmith.configuration.identity import configuration_id
from tunesmith.configuration.monitor import larger_is_better, monitored
from tunesmith.configuration.secrets import recorded_command
from tunesmith.configuration.stages import origin, stage_before
from tunesmith.configuration.typed_values import finite_number
from tunesmith.errors.messages import shortened
from tunesmith.loggers.short_names import short_name
from tunesmith.runs.code import repository
from tunesmith.runs.folder import RunFolder

STEP = "step"  # the axis of all values: completed optimizer steps
MACHINE = "machine/"  # how the names of values begin that depend on the machine, such as speed and memory
VALUES = ("train", "validation", "machine", "final")  # how names of values begin, before a slash


@dataclass(frozen=True)
class Launch:
    """What started a run: a command, a sweep, or the run whose previous stage it is.

    Attributes:
        job_type: stage for a run whose model another one starts from.
        sweep: identity of the sweep; empty without one.
        overrides: the keys that the sweep varies and the run's values, as typed.
        command: as it is recorded; None for that of this process.
    """

    job_type: Literal["train", "stage"] = "train"
    sweep: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)
    command: str | None = None


@dataclass(frozen=True)
class RunDescription:
    """A run as dashboards show it.

    Attributes:
        name: what sets it apart in its sweep, such as `lr=3e-5 rdrop seed=2`; without a sweep its name and its id.
        group: the same for all runs that differ only in their seed.
        job_type: train or stage.
        tags: dataset, backbone, head, experiment and sweep, each once.
        config: nested; with `run_id`, `configuration` (its digest without the seed), and where there are such `sweep_id`,
            `varied` (see there), `previous_run` (name and id of the stage whose model it starts from), `git_commit` and `git_changed`.
        notes: the command.
        monitor: the score that selects the best epoch.
        best: whether its best value is its largest or its smallest one.
    """

    name: str
    group: str
    job_type: str
    tags: tuple[str, ...]
    config: dict[str, Any]
    notes: str
    monitor: str
    best: Literal["max", "min"]

    @classmethod
    def of(cls, config: Config, folder: Path, launch: Launch) -> "RunDescription":
        """The description of a run.

        Args:
            config: of the run.
            folder: of the run, whose name is its id.
            launch: what started it.
        """
        configuration, stage, code = configuration_id(config), stage_before(config), repository(Path.cwd())
        previous = RunFolder.of(stage).path if stage is not None else None
        added = {
            "run_id": folder.name,
            "configuration": configuration,
            "sweep_id": launch.sweep or None,
            "varied": varied(launch.overrides) or None,
            "previous_run": f"{stage['name']}/{previous.name}" if stage is not None and previous is not None else None,
            "git_commit": code["commit"] if code is not None else None,
            "git_changed": code["changed"] if code is not None else None,
        }
        return cls(
            name=short_name(launch.overrides) or f"{config['name']}/{folder.name}",
            group=f"{config['name']} {configuration}",
            job_type=launch.job_type,
            tags=tuple(dict.fromkeys(filter(None, [*tags(config), launch.sweep]))),
            config=config | {key: value for key, value in added.items() if value is not None},
            notes=recorded_command(sys.argv[1:]) if launch.command is None else launch.command,
            monitor=monitored(config),
            best="max" if larger_is_better(monitored(config)) else "min",
        )


def varied(overrides: Mapping[str, str]) -> dict[str, str | float]:
    """What a sweep varies, for the axes of a dashboard: numbers and texts, where the config has lists and whole groups.

    Keys have an underscore for each dot, which W&B would read as a level.

    Args:
        overrides: keys and values, as typed.
    """
    return {
        axis_key(key): text if (number := finite_number(text)) is None else number for key, text in overrides.items()
    }


def axis_key(key: str) -> str:
    """The key of an override in `varied`."""
    return key.lstrip("+~").replace(".", "_")


def tags(config: Config) -> Iterator[str]:
    """Dataset, backbone, head and experiment of a run, at most 40 characters each."""
    dataset, backbone = config["dataset"], origin(config)
    hub = [str(dataset[key]) for key in ("path", "config") if dataset["source"] == "hub" and dataset.get(key)]
    yield shortened("/".join(hub) or str(dataset["source"]).rpartition(".")[2])
    # A folder's last part, as the rest says where the user's files are.
    yield shortened(Path(str(backbone.get("name") or f"random_{backbone.get('family', 'backbone')}")).name)
    yield shortened(str(config["head"]["_target_"]).split(".")[-2])  # its module: `crf`, not `CRF`
    yield shortened(str(config["name"]))
