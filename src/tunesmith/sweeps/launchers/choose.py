"""Selects the launcher: our own on this machine, or any of Hydra's, by Hydra's own override."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration import schema
from tunesmith.configuration.checks import keys
from tunesmith.configuration.choices import LAUNCHERS, choices
from tunesmith.configuration.compose import Composer
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

LOCAL = "local"
_LOCAL_TARGETS = ("tunesmith.sweeps.launchers.local.Local", "tunesmith.sweeps.local.Local")  # the second: in 0.1.0
# Launchers from other packages: their module, and the command that installs it.
PLUGINS = {
    "submitit_slurm": ("hydra_plugins.hydra_submitit_launcher", "pip install 'tunesmith[slurm]'"),
    "submitit_local": ("hydra_plugins.hydra_submitit_launcher", "pip install 'tunesmith[slurm]'"),
    "ray": ("hydra_plugins.hydra_ray_launcher", "pip install 'tunesmith[ray]'"),
    "joblib": ("hydra_plugins.hydra_joblib_launcher", "pip install --pre hydra-joblib-launcher"),
}


def is_about_launchers(word: str) -> bool:
    """Whether an override selects or configures the launcher."""
    key = word.lstrip("+~").partition("=")[0]
    return key == LAUNCHERS or key.startswith("hydra.")


def _chosen(overrides: Sequence[str], folders: Sequence[Path]) -> str:
    """The name of the selected launcher, which exists and is installed.

    Raises:
        UserError: with all mistakes.
    """
    chosen = LOCAL
    for word in overrides:
        key, _, value = word.lstrip("+~").partition("=")
        if key == LAUNCHERS:
            chosen = value
        elif not key.startswith("hydra.launcher."):
            raise UserError(
                f"{word}: of Hydra's own settings, only hydra/launcher=... and hydra.launcher.* are supported"
            )
    own = choices(LAUNCHERS, folders)
    if chosen not in own and chosen not in PLUGINS:
        known = [*own, *PLUGINS]
        raise UserError(
            f"{LAUNCHERS}={chosen} does not exist{did_you_mean(chosen, known)} (choices: {', '.join(known)})"
        )
    if chosen in PLUGINS:
        module, command = PLUGINS[chosen]
        if not installed(module):
            raise UserError(f"{LAUNCHERS}={chosen} is not installed; install it: {command}")
    return chosen


def launcher(overrides: Sequence[str], composer: Composer) -> Any:
    """The launcher that the overrides select and configure.

    Raises:
        UserError: for invalid settings.
    """
    chosen = _chosen(overrides, composer.folders)
    settings = [word.lstrip("+") for word in overrides if word.lstrip("+").startswith("hydra.launcher.")]
    if chosen in PLUGINS or not _is_local(composer, chosen):
        from tunesmith.sweeps.launchers.hydra import PluginLauncher

        return PluginLauncher(chosen, settings, composer)
    from tunesmith.sweeps.launchers.local import Local

    node = composer.launcher_settings(chosen, settings)
    signature = schema.read_signature("tunesmith.sweeps.launchers.local.Local")
    del node["_target_"]
    mistakes = keys.mistakes(node, signature.settings, path="hydra.launcher")
    if mistakes:
        raise UserError(mistakes)
    return Local(**node)


def _is_local(composer: Composer, chosen: str) -> bool:
    """Whether a choice, perhaps one that the user has added, configures our launcher, not one of Hydra's."""
    text = choices(LAUNCHERS, composer.folders)[chosen].read_text(encoding="utf-8")
    return chosen == LOCAL or any(target in text for target in _LOCAL_TARGETS)


def installed(module: str) -> bool:
    """Whether a module is installed, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
