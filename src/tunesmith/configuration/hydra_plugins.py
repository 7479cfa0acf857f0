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


def launcher_names() -> list[str]:
    """The choices of hydra/launcher that installed plugins register, which need no YAML file."""
    from hydra.core.config_store import ConfigStore

    ignore_broken_plugins()
    registered: Any = ConfigStore.instance().repo.get("hydra", {}).get("launcher", {})
    return sorted(name.removesuffix(".yaml") for name in registered)


def launcher_targets() -> set[str]:
    """The launchers of installed plugins: no other class is instantiated, whatever a file names."""
    from hydra.core.plugins import Plugins
    from hydra.plugins.launcher import Launcher

    ignore_broken_plugins()
    return {f"{found.__module__}.{found.__name__}" for found in Plugins.instance().discover(Launcher)}


def why_broken(package: str) -> str | None:
    """Why a module of a plugin's package cannot be imported; None if all can."""
    return next((reason for module, reason in broken.items() if f"{module}.".startswith(f"{package}.")), None)


def _import(name: str, package: str | None = None) -> Any:
    try:
        return importlib.import_module(name, package)
    except Exception as error:
        broken[name] = f"{type(error).__name__}: {error}"
        raise ImportError(broken[name]) from error  # which Hydra skips
