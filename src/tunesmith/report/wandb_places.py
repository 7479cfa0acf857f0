"""Where runs log to at W&B: the project of each, and whether the user has sent a sweep there before.

Configs may be anybody's: what is not as tunesmith writes it names no place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tunesmith.configuration import Config
from tunesmith.data.cache import cache_folder, key_of
from tunesmith.errors import UserError
from tunesmith.report.records import Record
from tunesmith.storage.bounded_files import read_text
from tunesmith.sweeps.folder import SweepFolder

_TARGET = "tunesmith.loggers.wandb.wandb"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


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


def settings_of(config: Config) -> Config | None:
    """The settings of a run's W&B logger; None without one, or if it is disabled or not as tunesmith writes it."""
    loggers = config.get("logger")
    for settings in loggers.values() if isinstance(loggers, dict) else ():
        if isinstance(settings, dict) and settings.get("_target_") == _TARGET:
            project, entity, seconds = (settings.get(key) for key in ("project", "entity", "timeout_seconds"))
            known = isinstance(project, str) and isinstance(entity, str | None) and isinstance(seconds, int | float)
            if known and settings.get("mode") in ("offline", "online"):
                return settings
    return None


def run_id(record: Record, place: Place) -> str | None:
    """The W&B id of a run that logs to a project; None if it does not, or was never started."""
    settings = settings_of(record.config)
    if settings is None or Place(settings["project"], settings["entity"]) != place:
        return None
    return wandb_id(record.path)


def wandb_id(folder: Path) -> str | None:
    """The W&B id that a run's folder has; None if it has none."""
    try:
        id = read_text(folder / "wandb_id.txt", limit=64)
    except (OSError, UserError):
        return None
    return id if _ID.fullmatch(id) else None


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
