"""Checks a config and those of its stages without importing any heavy library."""

from tunesmith.configuration import Config
from tunesmith.configuration.checks.fits import misfits
from tunesmith.configuration.checks.keys import wrong_settings
from tunesmith.configuration.stages import in_stage, stages
from tunesmith.errors import UserError


def check(config: Config) -> None:
    """Check settings, and how the groups fit together.

    Raises:
        UserError: with all mistakes.
    """
    found = [mistake for stage in stages(config) for mistake in in_stage(stage, _mistakes(stage))]
    found += _mistakes(config)
    if found:
        raise UserError(found)


def _mistakes(config: Config) -> list[str]:
    return list(wrong_settings(config)) or list(misfits(config))
