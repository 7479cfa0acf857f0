"""Overrides in a few words: `optimizer.lr=3e-5 regularization=[standard,rdrop] seed=2` is `lr=3e-5 rdrop seed=2`."""

from collections.abc import Iterable, Mapping

from tunesmith.configuration.targets import SEVERAL, SINGLE

_WIDTH = 120  # characters of a name; dashboards cut longer ones
_GROUPS = {"dataset", "experiment", *SINGLE, *SEVERAL}
_ALWAYS = "standard"  # of `regularization`: what nearly every run has tells nothing


def short_name(overrides: Mapping[str, str]) -> str:
    """A name of what sets a run apart; empty without overrides.

    A choice of a group stands for itself, and a setting has as many parts of its key as tell it from the others.

    Args:
        overrides: keys and values, as typed.
    """
    keys = {key: key.lstrip("+~") for key in overrides}
    words = [_word(keys[key], value, keys.values()) for key, value in overrides.items()]
    name = " ".join(" ".join(words).split())  # on one line
    name = "".join(character if character.isprintable() else "?" for character in name)
    return name if len(name) <= _WIDTH else name[: _WIDTH - 1].rstrip() + "…"


def _word(key: str, value: str, keys: Iterable[str]) -> str:
    if key in _GROUPS:
        choices = [choice.strip() for choice in value.strip("[] ").split(",") if choice.strip()]
        telling = [choice for choice in choices if choice != _ALWAYS] or choices
        return "+".join(telling) or f"no {key}"
    return f"{_shortest(key, keys)}={value}"


def _shortest(key: str, keys: Iterable[str]) -> str:
    """The fewest last parts of a key that no other key ends in."""
    parts = key.split(".")
    for count in range(1, len(parts) + 1):
        end = parts[-count:]
        if sum(other.split(".")[-count:] == end for other in keys) == 1:
            return ".".join(end)
    return key
