"""What a run's folder says of its W&B run: the settings of its logger, and its id there.

The folder may be anybody's: what is not as tunesmith writes it counts as absent.
"""

from pathlib import Path

from tunesmith.configuration import Config
from tunesmith.loggers.service_id import recorded_id

ID_FILE = "wandb_id.txt"
_TARGET = "tunesmith.loggers.wandb.wandb"


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


def wandb_id(folder: Path) -> str | None:
    """The W&B id that a run's folder has; None if it has none."""
    return recorded_id(folder / ID_FILE)
