"""How long the interpolations of a config would become, before they are resolved: `a: ${b}${b}` thirty times is a gigabyte."""

import re
from collections.abc import Iterator
from typing import Any

from tunesmith.configuration.plain_yaml import LONGEST_INTERPOLATED
from tunesmith.errors import UserError

_CHARACTERS = 1_000_000  # of a resolved config, and of a text with interpolations
_VALUES = 50_000
_COMPUTED = 4  # names of keys that are themselves interpolated, `${${key}}`
_INNERMOST = re.compile(r"\$\{([^${}]*)\}")
_MARK = "\0"  # stands for an interpolation inside another one
_SEPARATORS = re.compile(r"""[\s,\[\]{}'":]+""")


def check_extent(config: Any) -> None:
    """Check that a config stays small when it is resolved.

    Args:
        config: plain values, not resolved.

    Raises:
        UserError: if it does not.
    """
    extent = _Extent(config)
    try:
        characters, values = extent.of(())
    except RecursionError:
        raise UserError("the config's interpolations refer to one another too deeply; write the values") from None
    if characters > _CHARACTERS or values > _VALUES or extent.computed > _COMPUTED:
        raise UserError(
            f"the config's interpolations would make more than {_CHARACTERS:,} characters or {_VALUES:,} values of it, or "
            f"compute more than {_COMPUTED} names of keys; write the values"
        )


class _Extent:
    """Characters and values of each node of a config once it is resolved; a circle counts as nothing, OmegaConf reports it."""

    def __init__(self, config: Any) -> None:
        self._config, self.computed = config, 0
        self._known: dict[tuple[str, ...], tuple[int, int]] = {}

    def of(self, path: tuple[str, ...]) -> tuple[int, int]:
        if path in self._known:
            return self._known[path]
        self._known[path] = 0, 0
        node = _at(self._config, path)
        if isinstance(node, dict):
            parts = [self.of((*path, str(key))) for key in node]
        elif isinstance(node, list):
            parts = [self.of((*path, str(number))) for number in range(len(node))]
        elif isinstance(node, str) and "${" in node:
            parts = [(len(node), 0), *(self.of(found) for found in self._references(node, path))]
        else:
            parts = [(len(node) if isinstance(node, str) else 1, 0)]
        self._known[path] = sum(part[0] for part in parts), 1 + sum(part[1] for part in parts)
        return self._known[path]

    def _references(self, text: str, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """The nodes that a text refers to."""
        if len(text) > LONGEST_INTERPOLATED:
            raise UserError(
                f"{'.'.join(path)} has interpolations in {len(text):,} characters; expected {LONGEST_INTERPOLATED:,} at most"
            )
        while found := _INNERMOST.search(text):
            text = text[: found.start()] + _MARK + text[found.end() :]
            resolver, colon, arguments = found[1].partition(":")
            if _MARK in found[1] and resolver.strip() != "oc.env":
                self.computed += 1
            for name in _SEPARATORS.split(arguments) if colon else [found[1].strip()]:
                target = _absolute(name, path)
                if target and _at(self._config, target) is not None:
                    yield target


def _absolute(name: str, path: tuple[str, ...]) -> tuple[str, ...]:
    """The path of a key: `a.b`, `a[b]`, or relative to the node that names it, `.b`, `..a`."""
    dots = len(name) - len(name.lstrip("."))
    keys = tuple(part for part in re.split(r"[.\[\]]+", name) if part)
    return (*path[: max(len(path) - dots, 0)], *keys) if dots else keys


def _at(config: Any, path: tuple[str, ...]) -> Any:
    node = config
    for key in path:
        if isinstance(node, dict):
            node = next((value for name, value in node.items() if str(name) == key), None)
        elif isinstance(node, list) and key.isdecimal() and len(key) < 9 and int(key) < len(node):
            node = node[int(key)]
        else:
            return None
    return node
