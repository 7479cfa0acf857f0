"""The base of loggers that know where to write: Lightning asks each for a name, a version and a copy of the settings."""

from typing import Any

from pytorch_lightning.loggers.logger import Logger


class RunLogger(Logger):
    """A logger that is given the run's folder and config when it is made; it has `log_metrics` to write."""

    @property
    def name(self) -> str:
        """Empty: no folder is named after it."""
        return ""

    @property
    def version(self) -> str:
        """Empty, like the name."""
        return ""

    def log_hyperparams(self, *arguments: Any, **settings: Any) -> None:
        """Do nothing: the settings are in the config, and in config.yaml."""
