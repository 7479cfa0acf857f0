"""Where runs log to at W&B: the project of each, and whether the user has sent a sweep there before."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tunesmith.configuration import Config
from tunesmith.data.cache import cache_folder, key_of
from tunesmith.loggers.wandb_recorded import settings_of, wandb_id
from tunesmith.report.records import Record
from tunesmith.sweeps.folder import SweepFolder


@dataclass(frozen=True)
class Place:
    """Where jobs of a sweep log to.

    Attributes:
        project: at W&B.
        entity: user or team; None for the account's default.
    """

    project: str
    entity: str | None


def places(records: Sequence[Record]) -> dict[Place, Config]:
    """The projects that runs log to, and the settings of the logger of the first run in each, one that is online if there is."""
    found: dict[Place, Config] = {}
    for record in records:
        settings = settings_of(record.config)
        if settings is not None:
            place = Place(settings["project"], settings["entity"])
            if place not in found or (found[place]["mode"] == "offline" and settings["mode"] == "online"):
                found[place] = settings
    return found


def run_id(record: Record, place: Place) -> str | None:
    """The W&B id of a run that logs to a project; None if it does not, or was never started."""
    settings = settings_of(record.config)
    if settings is None or Place(settings["project"], settings["entity"]) != place:
        return None
    return wandb_id(record.path)


def remember(folder: SweepFolder, place: Place) -> None:
    """Note that the user has run this sweep here, with jobs that log to a place."""
    file = _memory(folder, place)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


def remembered(folder: SweepFolder, place: Place) -> bool:
    """Whether that was noted."""
    return _memory(folder, place).is_file()


def _memory(folder: SweepFolder, place: Place) -> Path:
    """A file in the user's cache, which no folder that was handed over contains."""
    return cache_folder() / "wandb-sweeps" / key_of(str(folder.path.resolve()), place.project, place.entity)
