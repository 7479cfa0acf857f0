"""Mistakes in the YAML files that a config is composed from, each with its file and line, before Hydra reads them.

Checked are the files of the chosen choices and those that their defaults lists include: that they are YAML of plain keys and
values, that an experiment is headed `# @package _global_`, that the groups and choices of a defaults list exist, and that
they set nothing of Hydra's own but its launcher: callbacks, loggers and environment variables would run code.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration import plain_yaml
from tunesmith.configuration.choices import LAUNCHER_PLUGINS, LAUNCHERS, choices, groups
from tunesmith.configuration.hydra_plugins import launcher_names
from tunesmith.configuration.launcher_node import is_directive
from tunesmith.configuration.targets import SEVERAL
from tunesmith.errors.messages import did_you_mean
from tunesmith.storage.bounded_files import YAML_BYTES, UnreadableError, read_text

_HEADER = re.compile(r"\s*#\s*@package\s+(\S+)")
_ENTRY = re.compile(r"(?:(override|optional) +)?(/?)([^@\s]+)(?:@(\S+))?")
_EXAMPLE = "- override /dataset: csv"
_ONLY_LAUNCHER = "of Hydra's own settings, files may only choose hydra/launcher and set hydra.launcher"


class GroupFiles:
    """The files of the groups in some folders; the first folder that has a choice counts, as for Hydra.

    Args:
        folders: the project's, and the user's own.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._including: list[Path] = []  # the chain of files that include one another
        self._seen: set[Path] = set()  # by the present check
        self._texts: dict[Path, str] = {}
        self._found: dict[tuple[str, str], list[str]] = {}
        self._launcher: str | None = None  # that the present check has found
        self.launchers: dict[tuple[str, str], str | None] = {}  # that the files of a group's choice name

    def mistakes(self, group: str, choice: str) -> list[str]:
        """The mistakes in the file of a choice and in those that it includes."""
        if (group, choice) not in self._found:
            self._seen, self._launcher = set(), None
            file = self._file(f"{group}/{choice}")
            self._found[group, choice] = list(self._in_file(file, group)) if file is not None else []
            self.launchers[group, choice] = self._launcher
        return self._found[group, choice]

    def where(self, text: str) -> str:
        """`file, line 3: ` for the first checked file that has a text; empty if none has it."""
        for file, content in self._texts.items():
            for number, line in enumerate(content.splitlines(), 1):
                if text in line.partition(" #")[0]:
                    return f"{file}, line {number}: "
        return ""

    def _file(self, path: str) -> Path | None:
        files = [folder / f"{path}.yaml" for folder in self._folders]
        return next((file for file in files if file.is_file()), None)

    def _in_file(self, file: Path, group: str) -> Iterator[str]:
        if file in self._including:
            yield f"{file}: its defaults list includes the file itself; remove the entry"
        if file in self._seen:
            return
        self._seen.add(file)
        try:
            text = read_text(file, limit=YAML_BYTES)
            node = plain_yaml.nodes(text)
        except UnreadableError as error:
            yield str(error)
            return
        except plain_yaml.InvalidError as error:
            yield f"{file}, line {error.line}: {error}"
            return
        self._texts[file] = text
        if group == "experiment":
            yield from _header_mistakes(file, text)
        for package in packages(text):
            if of_hydra(package) and not (group == LAUNCHERS and package == "hydra.launcher"):
                yield f"{file}, line 1: # @package {package}: {_ONLY_LAUNCHER}; remove the line"
        if group == LAUNCHERS and "_global_" in packages(text):
            yield f"{file}, line 1: # @package _global_: a launcher's file sets only hydra.launcher; remove the line"
        if node is None:
            return
        if node.id != "mapping":
            yield f"{_at(file, node)}expected keys and values, received {'a list' if node.id == 'sequence' else repr(node.value)}"
            return
        self._including.append(file)
        for key, value in node.value:
            if key.value == "defaults":
                yield from self._in_defaults(value, file, group)
            elif key.value == "hydra":
                yield from _in_hydra(value, file)
            elif group == LAUNCHERS:
                yield from _in_launcher(value, file)
            elif group == "experiment" and key.value in groups(self._folders):
                yield from _chosen_as_settings(key, value, file)
        self._including.pop()

    def _in_defaults(self, defaults: Any, file: Path, group: str) -> Iterator[str]:
        if defaults.id != "sequence":
            yield f"{_at(file, defaults)}defaults is not a list; expected lines such as {_EXAMPLE}"
            return
        keys: set[str] = set()
        for entry in defaults.value:
            where = _at(file, entry)
            if entry.id == "mapping" and len(entry.value) == 1:
                key = entry.value[0][0].value
                if key in keys:
                    yield f"{where}{key} is given twice in this defaults list; remove one"
                keys.add(key)
            if entry.id == "scalar" and entry.tag.endswith(":str"):
                yield from self._included(entry.value, where, group)
            elif entry.id == "mapping" and len(entry.value) == 1:
                key, value = entry.value[0]
                yield from self._chosen(key, value, where, group)
            else:
                yield f"{where}expected an entry such as {_EXAMPLE}, or the name of a file to include"

    def _included(self, entry: str, where: str, group: str) -> Iterator[str]:
        """A file that a defaults list names: relative to its folder, or from the root with a leading slash."""
        name, _, package = entry.partition("@")
        if of_hydra(package) or (of_hydra(name.lstrip("/")) and not name.startswith(f"/{LAUNCHERS}/")):
            yield f"{where}{entry}: {_ONLY_LAUNCHER}; remove the entry"
            return
        if name == "_self_" or "${" in name or (group == LAUNCHERS and name in self._launchers()):
            return
        if name.startswith("/"):
            group, file = name[1:].partition("/")[0], self._file(name[1:])
            names = [f"/{group}/{choice}" for choice in choices(group, self._folders)]
        else:
            folder = self._including[-1].parent
            root = next(root for root in self._folders if folder.is_relative_to(root))
            file = self._file(f"{folder.relative_to(root).as_posix()}/{name}")  # of any folder: groups are joined
            names = [other.stem for other in folder.glob("*.yaml")]
        if file is None:
            yield f"{where}there is no file {name}.yaml to include{did_you_mean(name, names)}"
        else:
            yield from self._in_file(file, group)

    def _chosen(self, key: Any, value: Any, where: str, group: str) -> Iterator[str]:
        """A choice in a defaults list, such as `override /dataset: csv`."""
        matched, known = _ENTRY.fullmatch(key.value), groups(self._folders)
        if matched is None:
            yield f"{where}{key.value!r} is not an entry of a defaults list{did_you_mean(key.value.split(' ')[0], ('override', 'optional'))}; expected one such as {_EXAMPLE}"
            return
        keyword, root, name, package = matched.groups()
        if of_hydra(package or "") or (of_hydra(name) and name != LAUNCHERS):
            yield f"{where}{key.value}: {_ONLY_LAUNCHER}; remove the entry"
            return
        if name == LAUNCHERS and value.id == "scalar":
            self._launcher = value.value
        if name not in known:
            yield f"{where}there is no group {name}{did_you_mean(name, known)} (groups: {', '.join(known)})"
        elif group == "experiment" and (keyword != "override" or not root):
            chosen = value.value if value.id == "scalar" else "[...]"
            yield f"{where}{key.value} cannot be set like this in an experiment; write: - override /{name}: {chosen}"
        else:
            for node in value.value if value.id == "sequence" else [value]:
                yield from self._choice(name, node, where)

    def _choice(self, group: str, node: Any, where: str) -> Iterator[str]:
        if node.id != "scalar" or node.tag.endswith(":null") or "${" in node.value:
            return
        available = [*choices(group, self._folders), *(self._launchers() if group == LAUNCHERS else ())]
        file = self._file(f"{group}/{node.value}")
        if file is None and node.value in available:
            return
        if file is None:
            yield f"{where}{group}={node.value} does not exist{did_you_mean(node.value, available)} (choices: {', '.join(available)})"
        else:
            yield from self._in_file(file, group)

    def _launchers(self) -> list[str]:
        """The launchers that have no file here: of plugins that are known or installed."""
        return list(dict.fromkeys([*LAUNCHER_PLUGINS, *launcher_names()]))


def of_hydra(name: str) -> bool:
    """Whether a key, a group or a package is of Hydra's own settings."""
    return re.split(r"[./]", name.removeprefix("_global_."))[0] == "hydra"


def _in_hydra(node: Any, file: Path) -> Iterator[str]:
    """A node `hydra` of an experiment: only the settings of its launcher."""
    for key, value in node.value if node.id == "mapping" else ():
        if key.value == "launcher":
            yield from _in_launcher(value, file)
        else:
            yield f"{_at(file, key)}hydra.{key.value}: {_ONLY_LAUNCHER}; remove it"
    if node.id != "mapping":
        yield f"{_at(file, node)}hydra: {_ONLY_LAUNCHER}; expected keys and values"


def _in_launcher(node: Any, file: Path) -> Iterator[str]:
    """Settings of a launcher, at any depth: none that Hydra would follow."""
    if node.id == "mapping":
        for key, value in node.value:
            if is_directive(key.value):
                yield f"{_at(file, key)}{key.value} is not a setting of a launcher; remove it"
            yield from _in_launcher(value, file)
    elif node.id == "sequence":
        for value in node.value:
            yield from _in_launcher(value, file)


def _header_mistakes(file: Path, text: str) -> Iterator[str]:
    """An experiment without the header that makes its keys those of the whole config."""
    named = packages(text)
    if named != ["_global_"]:
        received = f"received {' and '.join(named)}" if named else "which is missing"
        yield f"{file}, line 1: an experiment begins with the line # @package _global_, {received}; add it"


def _chosen_as_settings(key: Any, value: Any, file: Path) -> Iterator[str]:
    """A choice where a group's settings belong, such as `optimizer: adam`; null empties a group of several choices."""
    is_null = value.id == "scalar" and value.tag.endswith(":null")
    if value.id == "mapping" or (is_null and key.value in SEVERAL):
        return
    names = [part.value for part in value.value if part.id == "scalar"] if value.id == "sequence" else [value.value]
    shown = f"[{', '.join(names)}]" if value.id == "sequence" else "NAME" if is_null else names[0]
    yield f"{_at(file, key)}{key.value} holds settings; a choice goes into the defaults list: - override /{key.value}: {shown}"


def packages(text: str) -> list[str]:
    """The packages that the comments at the beginning of a file name."""
    named = []
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            break
        named += [found[1] for found in [_HEADER.match(line)] if found]
    return named


def _at(file: Path, node: Any) -> str:
    return f"{file}, line {node.start_mark.line + 1}: "
