"""The bounds of every setting of a sweep, as typed: from sweep.json, else the values that its jobs had."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tunesmith.errors import UserError
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.space import Axis, split

_COMMAND = (
    2**17
)  # characters; a longer one, which nobody types, is not read: shlex takes time that grows with the square
_LISTED = 12  # values of a range, or of the runs


@dataclass(frozen=True)
class Bound:
    """What a sweep could choose for a key.

    Attributes:
        key: of the config.
        values: a list of values, or `low to high`; those of its jobs if the bounds are not recorded.
        kind: of the values: choices, a range or an interval, and its scale.
        tried: number of different values that its jobs had.
        recorded: whether these are the bounds of the space.
    """

    key: str
    values: str
    kind: str
    tried: int
    recorded: bool


def bounds(folder: SweepFolder) -> list[Bound]:
    """The bounds of each key that a sweep varied, without the seed.

    A key's values are in `settings.space` or on the command line, which overrides the space.

    Raises:
        DamagedError: for a sweep.json that is not as it was written.
    """
    content = folder.read()
    jobs = [entry["overrides"] for entry in content.get("jobs", []) if not entry.get("stage")]
    axes = _axes(content)
    found = []
    for key in content.get("varied", []):
        if key == "seed":
            continue
        tried = list(dict.fromkeys(job[key] for job in jobs if key in job))
        axis = axes.get(key)
        # The recorded command is the last one; values that it does not allow show that it is not that of these jobs.
        if axis is not None and all(map(axis.has, tried)):
            found.append(Bound(key, *_described(axis), len(tried), True))
        else:
            found.append(Bound(key, abridged(tried), "bounds not recorded; the values of its runs", len(tried), False))
    return found


def abridged(values: Iterable[str]) -> str:
    """Different values in ascending order; of many numbers the lowest and highest, of many texts the first."""
    different, numeric = set(values), True
    try:
        ordered = sorted(different, key=lambda value: (float(value), value))
    except ValueError:
        ordered, numeric = sorted(different), False
    if len(ordered) <= _LISTED:
        return ", ".join(ordered)
    if numeric:
        return f"{len(ordered)} values from {ordered[0]} to {ordered[-1]}"
    return f"{', '.join(ordered[:_LISTED])} and {len(ordered) - _LISTED} more"


def _axes(content: Mapping[str, Any]) -> dict[str, Axis]:
    settings = content.get("settings")
    space = settings.get("space") if isinstance(settings, dict) else None
    found: dict[str, Axis] = {}
    for key, value in space.items() if isinstance(space, dict) else ():
        found |= {axis.key: axis for axis in _split([], {str(key): value})}
    for word in _words(str(content.get("command", ""))):
        key = word.partition("=")[0].lstrip("+")
        if "=" in word and not key.startswith(("-", "sweep.")):
            found.pop(key, None)
            found |= {axis.key: axis for axis in _split([word], {})}
    return found


def _words(command: str) -> list[str]:
    if len(command) > _COMMAND:
        return []
    try:
        return shlex.split(command)[1:]
    except ValueError:
        return []


def _split(words: list[str], space: dict[str, Any]) -> Iterator[Axis]:
    """The axes of one override; none if it cannot be read here, as a glob over the user's own choices."""
    try:
        yield from split(words, space, [])[1]
    except UserError:
        return


def _described(axis: Axis) -> tuple[str, str]:
    """The values and the kind of an axis."""
    scale = "logarithmic" if axis.log else "linear"
    if not axis.values:
        return f"{axis.low} to {axis.high}", f"{'whole numbers' if axis.integer else 'interval'}, {scale} scale"
    if axis.step is None or len(axis.values) <= _LISTED:
        return ", ".join(axis.values), "choices" if axis.step is None else f"range, {scale} scale"
    return f"{axis.low} to {axis.high} in steps of {axis.step}", f"range of {len(axis.values)} values, {scale} scale"
