"""A nested config as settings by their paths, for services that know no nested ones: `optimizer.lr`."""

from collections.abc import Iterator, Mapping
from typing import Any


def flat(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """The settings by path; a mapping without entries is one, as a list is."""
    for key, value in node.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value
