"""A composed config as YAML, with the comments of the files that it is composed from."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config, plain_yaml, reference
from tunesmith.configuration.choices import choices
from tunesmith.configuration.compose import Composer
from tunesmith.configuration.targets import SEVERAL, SINGLE
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

_COLUMN = 40  # of the comments, on lines that are shorter


def commented(config: Config, overrides: Sequence[str], *, composer: Composer, package: str = "") -> str:
    """The config as YAML text.

    Args:
        config: composed from the overrides.
        overrides: as on the command line; they say which files have the comments.
        composer: which has composed it.
        package: a key, below which the config is printed; empty for all of it.

    Raises:
        UserError: if there is no such key.
    """
    meanings = _meanings(config, composer.picked(overrides), composer.folders)
    text = plain_yaml.dump(_below(config, package) if package else config)
    lines = "\n".join(_with_comments(text, meanings, package)) + "\n"
    return lines if plain_yaml.load(lines) == plain_yaml.load(text) else text


def _below(config: Any, package: str) -> Any:
    node = config
    for number, name in enumerate(package.split(".")):
        if not isinstance(node, Mapping) or name not in node:
            above = ".".join(package.split(".")[:number])
            names = [f"{above}.{key}" if above else str(key) for key in node] if isinstance(node, Mapping) else []
            raise UserError(f"--package {package}: there is no key {package}{did_you_mean(package, names)}")
        node = node[name]
    return node


def _meanings(config: Config, picked: Mapping[str, str], folders: Sequence[Path]) -> dict[str, str]:
    """The meaning of each key of the chosen choices."""
    chosen = [(group, picked[group]) for group in ("dataset", *SINGLE) if group in picked]
    chosen += [(group, name) for group in SEVERAL for name in config[group]]
    found = {setting.key: setting.meaning for setting in reference.run_settings()}
    for group, name in chosen:
        if name in choices(group, folders):
            found |= {setting.key: setting.meaning for setting in reference.settings(group, name, folders)}
    return found


def _with_comments(text: str, meanings: Mapping[str, str], package: str) -> Iterator[str]:
    """Each line, with the meaning of its key behind it."""
    path: list[tuple[int, str]] = []  # indentation and name of the keys above
    for line in text.splitlines():
        name = line.lstrip(" ").partition(":")[0]
        indent = len(line) - len(line.lstrip(" "))
        if line.lstrip(" ").startswith(("- ", '"', "'")) or ":" not in line:
            yield line
            continue
        path = [(level, key) for level, key in path if level < indent] + [(indent, name)]
        key = ".".join([*([package] if package else []), *(part for _, part in path)])
        meaning = meanings.get(key, "")
        yield f"{line:<{_COLUMN}} # {meaning}" if meaning else line
