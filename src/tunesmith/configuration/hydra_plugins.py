"""Hydra imports every plugin that is installed; one that raises is left out, and reported only where it is chosen."""

import importlib
import warnings
from types import SimpleNamespace
from typing import Any

broken: dict[str, str] = {}  # module: why it cannot be imported


def ignore_broken_plugins() -> None:
    """Let Hydra find its plugins, without those that raise; before Hydra is used for the first time."""
    from hydra.core import plugins
    from hydra.core.plugins import Plugins

    if isinstance(vars(plugins)["importlib"], SimpleNamespace):  # done already
        return
    found: Any = plugins
    found.importlib = SimpleNamespace(import_module=_import)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Plugins.instance()


def why_broken(package: str) -> str | None:
    """Why a module of a plugin's package cannot be imported; None if all can."""
    return next((reason for module, reason in broken.items() if f"{module}.".startswith(f"{package}.")), None)


def _import(name: str, package: str | None = None) -> Any:
    try:
        return importlib.import_module(name, package)
    except Exception as error:
        broken[name] = f"{type(error).__name__}: {error}"
        raise ImportError(broken[name]) from error  # which Hydra skips
