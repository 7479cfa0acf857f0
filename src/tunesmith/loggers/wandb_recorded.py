"""What a run's folder says of its W&B run: the settings of its logger, and its id there.

The folder may be anybody's: what is not as tunesmith writes it counts as absent.
"""

import re
from pathlib import Path

from tunesmith.configuration import Config
from tunesmith.errors import UserError
from tunesmith.storage.bounded_files import read_text

ID_FILE = "wandb_id.txt"
_TARGET = "tunesmith.loggers.wandb.wandb"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # in names of files and addresses


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


def recorded_id(folder: Path) -> str | None:
    """The W&B id that a run's folder has; None if it has none."""
    try:
        id = read_text(folder / ID_FILE, limit=64)
    except (OSError, UserError):
        return None
    return id if _ID.fullmatch(id) else None
