"""Checks that the runs of a sweep that exist already were trained on the data that the sweep names now."""

import functools
import json
from collections.abc import Callable, Iterable

from tunesmith.configuration import Config, schema
from tunesmith.configuration.stages import stages
from tunesmith.configuration.targets import build_part, part_target
from tunesmith.data.survey.survey import from_the_hub
from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder
from tunesmith.sweeps.job import Job

_SHOWN = 3  # runs in a message


def check_data(jobs: Iterable[Job]) -> None:
    """Check the data of completed and interrupted runs, reading each file once.

    Args:
        jobs: whose runs, and earlier stages, may exist.

    Raises:
        UserError: if data has changed, with the runs.
    """
    known: dict[str, Callable[[str], str]] = {}
    checked: set[str] = set()
    found: dict[str, list[str]] = {}
    for job in jobs:
        for config in (*stages(job.config), job.config):
            run = RunFolder.of(config)
            if str(run.path) in checked:
                continue
            checked.add(str(run.path))
            run.recorded.check_plugins(config)
            if from_the_hub(config["dataset"]):
                continue
            if changed := run.recorded.changed_data(_fingerprint(config["dataset"], known)):
                found.setdefault(", ".join(changed), []).append(str(run.path))
    if found:
        raise UserError([_message(changed, runs) for changed, runs in found.items()])


def _fingerprint(dataset: Config, known: dict[str, Callable[[str], str]]) -> Callable[[str], str]:
    """What identifies the content of a split of a dataset, computed once."""
    settings = schema.signature(part_target(dataset["source"], group="source"), group="source").settings
    key = json.dumps([dataset["source"], {name: dataset[name] for name in settings}], default=str)
    if key not in known:
        known[key] = functools.cache(build_part(dataset, "source").fingerprint)
    return known[key]


def _message(changed: str, runs: list[str]) -> str:
    named = ", ".join(runs[:_SHOWN]) + (f" and {len(runs) - _SHOWN} more" if len(runs) > _SHOWN else "")
    subject = "a run of this sweep was" if len(runs) == 1 else f"{len(runs)} runs of this sweep were"
    return (
        f"{subject} trained on different data: {changed} has changed since; set name=... for new runs, or remove the "
        f"folder{'s' * (len(runs) != 1)}: {named}"
    )
