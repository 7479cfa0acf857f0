"""Names of the learning rates of a run with several: what the parameters of each have in common."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn


def rate_names(groups: Sequence[Mapping[str, Any]], parameters: Mapping[str, nn.Parameter]) -> list[str]:
    """A name for each parameter group, such as `encoder.layer.3`; the same for groups with the same rate, empty for one rate.

    Args:
        groups: with `params` and `lr_scale`, which is 1 if it is missing.
        parameters: of the module, by name.
    """
    names = {id(parameter): name for name, parameter in parameters.items()}
    members: dict[float, list[list[str]]] = {}
    for group in groups:
        parts = [names[id(parameter)].split(".") for parameter in group["params"]]
        members.setdefault(float(group.get("lr_scale", 1.0)), []).extend(parts)
    if len(members) < 2:
        return []
    shared = {scale: ".".join(_shared(parts)) for scale, parts in members.items()}
    taken = list(shared.values())
    # Without a name of its own, a rate is called by its factor of `optimizer.lr`.
    named = {scale: name if name and taken.count(name) == 1 else f"scale_{scale:g}" for scale, name in shared.items()}
    return [named[float(group.get("lr_scale", 1.0))] for group in groups]


def _shared(names: list[list[str]]) -> list[str]:
    """The parts that all names begin with, without those that every name of a backbone begins with."""
    equal = itertools.takewhile(lambda parts: len(set(parts)) == 1, zip(*names, strict=False))
    parts = [part for part, *_ in equal]
    return parts[2:] if parts[:2] == ["backbone", "model"] else parts[1:] if parts[:1] == ["backbone"] else parts
