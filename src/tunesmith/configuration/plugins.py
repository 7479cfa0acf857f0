"""The packages that TUNESMITH_PLUGINS trusts, installed or not.

An entry with a slash is a package's folder, or a module's file: `./my_plugin`. A name is a package that Python finds, or else one in
the working folder. Of a folder that is not installed, an importer finds that package alone: nothing beside it can be imported.

The entries are made absolute once they are read, so that every process that is started from here, in whatever folder, has the
same packages.
"""

import functools
import importlib.machinery
import importlib.util
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

VARIABLE = "TUNESMITH_PLUGINS"  # packages separated by commas
_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_EXPECTED = "expected the path of a package's folder, such as ./my_plugin, or the name of an installed package"


class Plugin(NamedTuple):
    """A trusted package.

    Attributes:
        name: that it is imported by.
        path: its folder, or its file if it is a single module.
        is_installed: whether Python finds it by itself.
    """

    name: str
    path: Path
    is_installed: bool

    @property
    def conf(self) -> Path | None:
        """Its own groups of choices, if it has some."""
        folder = self.path / "conf"
        return folder if folder.is_dir() else None


def trusted() -> tuple[Plugin, ...]:
    """The packages that the environment variable names, in its order.

    Raises:
        UserError: for the entries that are no packages, all in one error.
    """
    text = os.environ.get(VARIABLE, "")
    if not text.strip():
        return ()
    found = _read(text, str(Path.cwd()), tuple(sys.path))
    kept = [entry for entry in map(str.strip, text.split(",")) if _is_inner(entry)]
    os.environ[VARIABLE] = ",".join(
        [*kept, *(str(part.path) for part in found if not part.is_installed), *_names(found)]
    )
    return found


def _is_inner(entry: str) -> bool:
    """Whether an entry is a package within another: of an installed one, which this process may lack, and another may have."""
    return "." in entry and "/" not in entry


def _names(found: Sequence[Plugin]) -> list[str]:
    return [plugin.name for plugin in found if plugin.is_installed and not _is_inner(plugin.name)]


def trusting(name: str) -> str:
    """How to trust the package of a dotted name: the end of a message."""
    top = name.partition(".")[0]
    return f"if you trust the package {top}, set {VARIABLE}={top}, or to the path of its folder: {VARIABLE}=./{top}"


@functools.lru_cache(maxsize=16)
def _read(text: str, working_folder: str, path: tuple[str, ...]) -> tuple[Plugin, ...]:
    """The packages of a text; `path` is where Python finds them, which a fork server's children get anew."""
    found: dict[str, Plugin] = {}
    mistakes = []
    for entry in filter(None, map(str.strip, text.split(","))):
        if _is_inner(entry) and all(map(_NAME.fullmatch, entry.split("."))) and _installed(entry) is None:
            continue
        try:
            plugin = (
                _by_path(entry, working_folder)
                if "/" in entry or entry.startswith("~")
                else _by_name(entry, working_folder)
            )
            if found.setdefault(plugin.name, plugin) != plugin:
                raise UserError(
                    f"{VARIABLE} names two packages {plugin.name}: {found[plugin.name].path} and {plugin.path}"
                )
        except UserError as error:
            mistakes += error.mistakes
    if mistakes:
        raise UserError(mistakes)
    return tuple(found.values())


def _by_path(entry: str, working_folder: str) -> Plugin:
    path = Path(os.path.abspath(Path(working_folder, Path(entry).expanduser())))  # noqa: PTH100 - links keep their names
    if not path.is_dir() and not (path.is_file() and path.suffix == ".py"):
        near = [other.name for other in path.parent.iterdir() if other.is_dir()] if path.parent.is_dir() else []
        raise UserError(f"{VARIABLE} names {entry}, which is no folder; {_EXPECTED}{did_you_mean(path.name, near)}")
    name = path.stem if path.is_file() else path.name
    if _NAME.fullmatch(name) is None:
        raise UserError(
            f"{VARIABLE} names {entry}, but {name!r:.80} cannot be the name of a package; expected letters, digits and "
            "underscores, of which the first is a letter; rename it"
        )
    if path.is_dir() and not any(path.rglob("*.py")):
        raise UserError(f"{VARIABLE} names {entry}, in which there is no Python file; {_EXPECTED}")
    if path.is_dir() and not any(path.glob("*.py")):
        inner = sorted(file.parent.name for file in path.glob("*/__init__.py"))
        if inner and not (path / "conf").is_dir():
            raise UserError(
                f"{VARIABLE} names {entry}, which is no package; did you mean {entry.rstrip('/')}/{inner[0]}?"
            )
    other = _installed(name)
    if other is not None and not other.samefile(path):
        raise UserError(
            f"{VARIABLE} names {entry}, but Python finds another {name} in {other}, which would be imported instead; rename "
            "the folder"
        )
    return Plugin(name, path, is_installed=other is not None)


def _by_name(entry: str, working_folder: str) -> Plugin:
    if not all(_NAME.fullmatch(part) for part in entry.split(".")):
        raise UserError(f"{VARIABLE} names {entry!r:.80}; {_EXPECTED}")
    installed = _installed(entry)
    if installed is not None:
        return Plugin(entry, installed, is_installed=True)
    for place in (Path(working_folder, entry), Path(working_folder, f"{entry}.py")):
        if place.exists():
            return _by_path(str(place), working_folder)
    raise UserError(
        f"{VARIABLE} names {entry}, which is not installed and not in the working folder {working_folder}; {_EXPECTED}"
    )


def _installed(name: str) -> Path | None:
    """The folder or file of a package that Python finds, without importing it; None if there is none."""
    top, *rest = name.split(".")
    spec = importlib.machinery.PathFinder.find_spec(top)
    if spec is None:
        return Path(sys.executable) if top in sys.stdlib_module_names else None  # one without a file of its own
    for folder in spec.submodule_search_locations or ():
        place = Path(folder, *rest)
        for candidate in (place, place.with_suffix(".py")):
            if candidate.exists():
                return candidate
    return Path(spec.origin) if spec.origin and not rest and not spec.submodule_search_locations else None


class _NotInstalled:
    """The importer of trusted packages that are not installed; it is asked last, and finds nothing else."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        """The specification of a package; None for all others."""
        if path is not None or VARIABLE not in os.environ:
            return None
        try:
            plugin = next((plugin for plugin in trusted() if plugin.name == name and not plugin.is_installed), None)
        except UserError:  # whoever needs a plugin says it
            return None
        if plugin is None:
            return None
        if plugin.path.is_file():
            return importlib.util.spec_from_file_location(name, plugin.path)
        places, file = [str(plugin.path)], plugin.path / "__init__.py"
        if file.is_file():
            return importlib.util.spec_from_file_location(name, file, submodule_search_locations=places)
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = places
        return spec


sys.meta_path.append(_NotInstalled)
