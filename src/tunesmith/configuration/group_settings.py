"""The settings in the file of a choice, as written, with their comments; files that it includes come before its own lines.

Hydra composes values without comments, so the lists of settings that users read come from the files themselves. The order
of a defaults list is Hydra's: `_self_` stands for the file's own lines, which are last without it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tunesmith.configuration import plain_yaml
from tunesmith.configuration.group_files import GroupFiles, packages
from tunesmith.errors import UserError
from tunesmith.storage.bounded_files import YAML_BYTES, read_text


class Written(NamedTuple):
    """A setting as a file has it.

    Attributes:
        key: of the whole config: `regularization.standard.hidden_dropout`.
        default: the text of the value.
        comment: behind the value, or above it; empty without one.
    """

    key: str
    default: str
    comment: str


def written(group: str, choice: str, folders: Sequence[Path]) -> dict[str, Written]:
    """The settings of a choice by key, those of `_target_` included.

    Args:
        group: of `tunesmith.configuration.choices.groups`.
        choice: one that exists.
        folders: the project's, and the user's own.

    Raises:
        UserError: for files that cannot be composed.
    """
    if mistakes := GroupFiles(folders).mistakes(group, choice):
        raise UserError(mistakes)
    return _of_file(f"{group}/{choice}", folders)


def written_in(file: Path, package: str) -> dict[str, Written]:
    """The settings of one file alone, below the key `package`."""
    text = read_text(file, limit=YAML_BYTES)
    return {setting.key: setting for setting in _own(plain_yaml.nodes(text), text, package)}


def _of_file(path: str, folders: Sequence[Path]) -> dict[str, Written]:
    file = next(folder / f"{path}.yaml" for folder in folders if (folder / f"{path}.yaml").is_file())
    text = read_text(file, limit=YAML_BYTES)
    node = plain_yaml.nodes(text)
    named = packages(text)
    package = named[0].replace("_global_", "") if named else path.rpartition("/")[0].replace("/", ".")
    group = path.rpartition("/")[0]
    found: dict[str, Written] = {}
    for entry in _included(node):
        if entry == "_self_":
            found = _merged(found, _own(node, text, package))
        else:
            other = _of_file(entry[1:] if entry.startswith("/") else f"{group}/{entry}", folders)
            found = _merged(found, other.values())
    return found


def _included(node: Any) -> list[str]:
    """The files of a defaults list, and `_self_`; choices in other groups are left out."""
    values = [value for key, value in (node.value if node is not None else ()) if key.value == "defaults"]
    entries = [entry.value for value in values for entry in value.value if entry.id == "scalar"]
    return entries if "_self_" in entries else [*entries, "_self_"]


def _merged(before: dict[str, Written], after: Any) -> dict[str, Written]:
    """Later values count; a comment stays unless there is another."""
    merged = dict(before)
    for setting in after:
        known = merged.get(setting.key)
        merged[setting.key] = setting if setting.comment or known is None else setting._replace(comment=known.comment)
    return merged


def _own(node: Any, text: str, package: str) -> Iterator[Written]:
    """The settings of a file's own lines."""
    lines = text.splitlines()
    for key, value in node.value if node is not None and node.id == "mapping" else ():
        if key.value == "defaults" and key.start_mark.column == 0:
            continue
        path = f"{package}.{key.value}" if package else str(key.value)
        if _is_node(value) or (not package and value.id == "mapping"):
            yield from _own(value, text, path)
        else:
            yield Written(path, _shown(value, text), _comment(key, value, lines))


def _is_node(value: Any) -> bool:
    """Whether a mapping holds settings rather than being one: it names what is built from it."""
    return value.id == "mapping" and any(key.value == "_target_" for key, _ in value.value)


def _shown(value: Any, text: str) -> str:
    """The value as written, on one line."""
    if value.id == "scalar" and value.style in ("|", ">"):
        return repr(value.value)
    if value.id == "scalar" or value.flow_style:
        return " ".join(text[value.start_mark.index : value.end_mark.index].split()) or "null"
    if value.id == "sequence":
        return f"[{', '.join(_shown(part, text) for part in value.value)}]"
    return "{" + ", ".join(f"{key.value}: {_shown(part, text)}" for key, part in value.value) + "}"


def _comment(key: Any, value: Any, lines: list[str]) -> str:
    """What stands behind a value on its line, or on lines of their own above its key, except at the top of a file."""
    ends_here = (value.id == "scalar" and value.style not in ("|", ">")) or (value.id != "scalar" and value.flow_style)
    mark = value.end_mark if ends_here else key.end_mark
    rest = lines[mark.line][mark.column :].removeprefix(":").strip() if mark.line < len(lines) else ""
    if rest.startswith("#"):
        return rest.lstrip("# ").strip()
    above: list[str] = []
    number = key.start_mark.line - 1
    while number >= 0 and lines[number].lstrip().startswith("#"):
        above.insert(0, lines[number].lstrip("# ").strip())
        number -= 1
    return " ".join(above) if number >= 0 else ""
