"""Selects the launcher: our own on this machine, or any of Hydra's, by Hydra's own override."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration import schema
from tunesmith.configuration.checks import keys
from tunesmith.configuration.choice_suggestions import for_choice
from tunesmith.configuration.choices import LAUNCHER_PLUGINS, LAUNCHERS, LOCAL, choices
from tunesmith.configuration.compose import Composer
from tunesmith.configuration.hydra_plugins import ignore_broken_plugins, launcher_names, why_broken
from tunesmith.configuration.launcher_node import LOCAL_TARGETS
from tunesmith.configuration.suggestions import for_hydra
from tunesmith.errors import UserError
from tunesmith.sweeps.space import as_typed


def is_about_launchers(word: str) -> bool:
    """Whether an override selects or configures the launcher."""
    key = word.lstrip("+~").partition("=")[0]
    return key == LAUNCHERS or key.startswith("hydra.")


def _chosen(overrides: Sequence[str], folders: Sequence[Path], *, default: str) -> str:
    """The name of the selected launcher, which exists and is installed.

    Raises:
        UserError: with all mistakes.
    """
    chosen = default
    for word in overrides:
        key, _, value = word.lstrip("+~").partition("=")
        if key == LAUNCHERS:
            chosen = value
        elif not key.startswith("hydra.launcher."):
            raise UserError(
                f"{word}: of Hydra's own settings, only hydra/launcher=... and hydra.launcher.* are supported{for_hydra(word)}"
            )
    own = choices(LAUNCHERS, folders)
    if chosen not in own and chosen not in LAUNCHER_PLUGINS and chosen not in launcher_names():
        known = list(dict.fromkeys([*own, *LAUNCHER_PLUGINS, *launcher_names()]))
        raise UserError(
            f"{LAUNCHERS}={chosen} does not exist{for_choice(LAUNCHERS, chosen, {name: Path() for name in known})} (choices: {', '.join(known)})"
        )
    if chosen in LAUNCHER_PLUGINS:
        module, command = LAUNCHER_PLUGINS[chosen]
        if not installed(module):
            raise UserError(f"{LAUNCHERS}={chosen} is not installed; install it: {command}")
        ignore_broken_plugins()
        if reason := why_broken(module):
            raise UserError(f"{LAUNCHERS}={chosen} cannot be imported: {reason}; install another version: {command}")
    return chosen


def launcher(overrides: Sequence[str], composer: Composer, *, experiments: Sequence[str] = ()) -> Any:
    """The launcher that the overrides, or else the experiment, select and configure.

    Args:
        overrides: about launchers.
        composer: has the folders of the groups.
        experiments: `experiment=...` for each experiment of the sweep.

    Raises:
        UserError: for invalid settings, and for experiments with different ones.
    """
    default = _the_same([composer.launcher_of_choices([word]) for word in experiments], experiments) or LOCAL
    chosen = _chosen(overrides, composer.folders, default=default)
    changed = _the_same([composer.launcher_changes([word]) for word in experiments if chosen == default], experiments)
    if unnamed := [key for key in changed or () if not key.isidentifier()]:
        raise UserError(f"hydra.launcher has the key {unnamed[0]!r:.80}; expected names of settings")
    settings = [f"hydra.launcher.{key}={as_typed(value)}" for key, value in (changed or {}).items()]
    settings += [word.lstrip("+") for word in overrides if word.lstrip("+").startswith("hydra.launcher.")]
    if chosen != LOCAL and composer.launcher_settings(chosen, [])["_target_"] not in LOCAL_TARGETS:
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


def _the_same(values: Sequence[Any], experiments: Sequence[str]) -> Any:
    """What all experiments of a sweep say about the launcher; None without experiments."""
    if any(other != values[0] for other in values):
        raise UserError(
            f"{' and '.join(experiments)} have different launchers, but a sweep has one: run them one after another, or "
            f"choose it on the command line: {LAUNCHERS}=..."
        )
    return values[0] if values else None


def installed(module: str) -> bool:
    """Whether a module is installed, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
