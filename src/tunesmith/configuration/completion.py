"""Words that complete a command line: groups, choices, keys and files.

A shell asks at each TAB and waits, so nothing is imported that takes long, YAML included: keys are found by the indentation
of lines. What a file holds otherwise is the business of the checks.
"""

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tunesmith.configuration.choices import choices, conf_folder, groups
from tunesmith.configuration.listing import METRICS

_LINE = re.compile(r"( *)([A-Za-z_]\w*):(?:\s+(\S.*)|\s*)$")
_ENTRY = re.compile(r" *- +(?:override +)?/?([\w/]+): *\[?([\w/]+)")
_FOLDERS = ("output_dir", "backbone.name", "sweep.folder")
_HIDDEN = ("_target_", "defaults")
_PARTS = ("dataset.source", "dataset.task")


def of_config(words: Sequence[str], *, listed: bool = False) -> list[str]:
    """Completions of the last of some words of `train`, `check` or `list`.

    Args:
        words: behind the command; the last may be empty.
        listed: for `list`, which takes choices and keys as words of their own.
    """
    current = words[-1]
    before = words[-2] if len(words) > 1 else ""
    if before in ("--config-dir", "-cd"):
        return files(current, folders_only=True)
    if before in ("--cfg", "-c"):
        return _matching(["job", "all"], current)
    folders = [conf_folder(), *_own_folder(words), *_of_plugins()]
    key, equals, value = current.partition("=")
    known = groups(folders)
    if equals:
        return _values(key, value, known, folders)
    if current.startswith("-"):
        return _matching(["-m", "--cfg", "--config-dir", "--resolve", "--package", "--help"], current)
    if listed and before in known and "." not in current:
        return _matching([*choices(before, folders), *known], current)
    if "." in current:
        found = [f"{name}{'' if listed else '='}" for name in _keys(words, folders)]
        return _matching(found, current)
    names = [f"{group}{'' if listed else '='}" for group in known]
    names += [f"{group}." for group in known if "/" not in group and group not in ("experiment", "sweep")]
    names += [METRICS] if listed else []
    return _matching([*names, *(f"{name}{'' if listed else '='}" for name in _run_keys())], current)


def _matching(names: Sequence[str], current: str) -> list[str]:
    return [name for name in names if name.startswith(current)]


def _own_folder(words: Sequence[str]) -> list[Path]:
    """The folder of `--config-dir`, if there is one."""
    named = [after for word, after in itertools.pairwise(words) if word in ("--config-dir", "-cd")]
    named += [word.partition("=")[2] for word in words if word.startswith("--config-dir=")]
    return [Path(name).expanduser() for name in named[-1:] if Path(name).expanduser().is_dir()]


def _of_plugins() -> list[Path]:
    """The groups of trusted packages; none if one of them cannot be found, which every command says."""
    if not os.environ.get("TUNESMITH_PLUGINS"):
        return []
    from tunesmith.configuration.plugins import trusted
    from tunesmith.errors import UserError

    try:
        return [plugin.conf for plugin in trusted() if plugin.conf is not None]
    except UserError:
        return []


def _values(key: str, value: str, known: Sequence[str], folders: Sequence[Path]) -> list[str]:
    """`key=value` for a group's choices, for files, and for true and false."""
    if key in known:
        start = value[: max(value.rfind("["), value.rfind(",")) + 1]
        taken = value[: len(start)].strip("[").split(",")
        found = [name for name in choices(key, folders) if name not in taken]
        return [f"{key}={start}{name}" for name in _matching(found, value[len(start) :])]
    if key.startswith("dataset.") or key in _FOLDERS:
        return [f"{key}={name}" for name in files(value, folders_only=key in _FOLDERS)]
    return []


def _keys(words: Sequence[str], folders: Sequence[Path]) -> list[str]:
    """The keys of the group that the last word begins with, in the choices that are made."""
    current = words[-1]
    group = "hydra/launcher" if current.startswith("hydra.") else current.partition(".")[0]
    chosen = [word.partition("=")[2] for word in words[:-1] if word.startswith(f"{group}=")]
    names = chosen[-1].strip("[]").split(",") if chosen else _defaults().get(group, [])
    found: dict[str, None] = {"backbone.after": None} if group == "backbone" else {}
    for name in names:
        found |= dict.fromkeys(keys_of(group, name, folders))
    return list(found)


def _defaults() -> dict[str, list[str]]:
    """The choices of train.yaml; for a group with several, the first."""
    lines = (conf_folder() / "train.yaml").read_text(encoding="utf-8").splitlines()
    return {found[1]: [found[2]] for line in lines if (found := _ENTRY.match(line))} | {"hydra/launcher": ["local"]}


def _run_keys() -> list[str]:
    lines = (conf_folder() / "train.yaml").read_text(encoding="utf-8").splitlines()
    return [found[2] for line in lines if (found := _LINE.match(line)) and not found[1] and found[3]]


def keys_of(group: str, choice: str, folders: Sequence[Path], seen: tuple[str, ...] = ()) -> list[str]:
    """The keys in the file of a choice and in those that it includes."""
    file = next((f for folder in folders if (f := folder / group / f"{choice}.yaml").is_file()), None)
    if file is None or choice in seen:
        return []
    found: dict[str, None] = {}
    path: list[tuple[int, str]] = []
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        matched = _LINE.match(line)
        if matched is None:
            continue
        indent, name, value = len(matched[1]), matched[2], matched[3] or ""
        path = [(level, key) for level, key in path if level < indent] + [(indent, name)]
        if name == "defaults":
            for other in re.findall(r"[\w/]+", value):
                if other != "_self_":
                    found |= dict.fromkeys(keys_of(group, other.rpartition("/")[2], folders, (*seen, choice)))
        elif value and not value.startswith("#") and name not in _HIDDEN:
            key = ".".join([group.replace("/", "."), *(key for _, key in path)])
            if key not in _PARTS:
                found[key] = None
    return list(found)


def files(current: str, *, folders_only: bool) -> list[str]:
    """Files and folders, those with a slash behind it, whose path begins so."""
    folder, _, start = current.rpartition("/")
    place = Path(f"{folder}/" if folder or current.startswith("/") else ".").expanduser()
    prefix = current[: len(current) - len(start)]
    return [f"{prefix}{name}" for name in sorted(_entries(place, start, folders_only))]


def _entries(place: Path, start: str, folders_only: bool) -> Iterator[str]:
    try:
        entries = list(os.scandir(place))
    except OSError:  # no folder, or one that may not be read
        return
    for entry in entries:
        shown = entry.name.startswith(start) and entry.name.isprintable()
        if shown and (start or not entry.name.startswith(".")) and (entry.is_dir() or not folders_only):
            yield f"{entry.name}{'/' * entry.is_dir()}"
