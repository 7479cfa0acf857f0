"""Messages for what Hydra and OmegaConf cannot compose or resolve: which key, in which file and line, and the remedy."""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from tunesmith.errors.messages import did_you_mean, first_line

_VARIABLE = re.compile(r"Environment variable '(.*)' not found")
_SECRET = re.compile(r"the environment variable \S+ looks like a secret.*")
_NO_KEY = re.compile(r"Interpolation key '(.*)' not found")


def not_composed(error: BaseException) -> str:
    """Why Hydra cannot compose a config: its message and what caused it."""
    reasons = [_reason(error)]
    while error.__cause__ is not None:
        error = error.__cause__
        reasons.append(_reason(error))
    return f"The configuration cannot be composed: {': '.join(dict.fromkeys((reasons[0], reasons[-1])))}"


def _reason(error: BaseException) -> str:
    """The first line of an error, and the second if the first ends in a colon."""
    first, *others = str(error).strip().splitlines() or [""]
    return f"{first} {others[0].strip()}" if first.endswith(":") and others else first_line(error)


def not_resolved(error: Any, config: Any, where: Callable[[str], str]) -> str:
    """Why an interpolation has no value.

    Args:
        error: OmegaConf's.
        config: the composed `DictConfig`.
        where: gives the file and line of a text, or nothing.
    """
    from omegaconf import OmegaConf

    plain = OmegaConf.to_container(config, resolve=False)
    key, message = str(error.full_key or ""), first_line(error)
    value = dict(_leaves(plain)).get(key)
    if not isinstance(value, str) or "${" not in value:
        return not_composed(error)
    shown = f"{where(value)}{key} is {value}, but "
    if found := _VARIABLE.search(message):
        near = did_you_mean(found[1], os.environ)
        return f"{shown}the environment variable {found[1]} is not set{near}; set it: export {found[1]}=..."
    if found := _SECRET.search(message):
        return f"{where(value)}{key} is {value}, but {found[0]}"
    if found := _NO_KEY.search(message):
        return f"{shown}there is no key {found[1]}{did_you_mean(found[1], (name for name, _ in _leaves(plain)))}"
    hint = r"; write \${ if it is no interpolation" if "Unsupported" in message else ""
    return f"{shown}it cannot be resolved: {message}{hint}"


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _leaves(value, f"{path}[{number}]")
    else:
        yield path, node
