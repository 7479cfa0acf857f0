"""The space of a sweep: which keys vary, and over what, in Hydra's override syntax."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunesmith.configuration.choices import choices
from tunesmith.configuration.overrides import parsed
from tunesmith.errors import UserError

_PLAIN = re.compile(r"[A-Za-z0-9_./ +:=,()\[\]{}$%*@?|\\-]+")
_MOST_VALUES = 100_000  # of a range
SYNTAX = "a,b or choice(a,b), range(1,4), glob(*), interval(0.1,0.5)"


@dataclass(frozen=True)
class Axis:
    """One key that varies.

    Attributes:
        key: of the config, as typed.
        values: as typed after `key=`; empty for numbers from `low` to `high`.
        step: between two numbers of a range; None for an interval.
        log: whether the scale is logarithmic: `tag(log, interval(1e-6,1e-4))`.
        integer: whole numbers only: `int(interval(1,8))`.
    """

    key: str
    values: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    step: float | None = None
    log: bool = False
    integer: bool = False

    @property
    def described(self) -> dict[str, Any]:
        """Plain values that identify the axis."""
        if self.values:
            return {"key": self.key, "values": sorted(set(self.values))}
        names = ("key", "low", "high", "step", "log", "integer")
        return {name: getattr(self, name) for name in names}

    def has(self, value: str) -> bool:
        """Whether a value, as typed, is one of the axis."""
        if self.values and (self.step is None or self.log):
            return value in self.values
        try:
            number = float(value)
        except ValueError:
            return False
        slack = 1e-4 * (abs(self.low) + abs(self.high))  # values of a search are typed with six digits
        return self.low - slack <= number <= self.high + slack


def split(overrides: Sequence[str], space: Mapping[str, Any], folders: Sequence[Path]) -> tuple[list[str], list[Axis]]:
    """Overrides with one value, and the axes that the others span; the command line overrides `sweep.space`.

    Args:
        overrides: of the command line.
        space: of the `sweep` node: strings in Hydra's syntax, or lists.
        folders: of the groups, for `glob`.

    Raises:
        UserError: for axes without values and overrides that cannot be parsed.
    """
    empty: list[str] = []
    given, mistakes = parsed([*_of_space(space, empty), *overrides], expected=f"key=value or key={SYNTAX}")
    mistakes += empty
    fixed: dict[str, str] = {}
    axes: dict[str, Axis] = {}
    for override in given:
        text = override.input_line
        key = text.partition("=")[0].lstrip("+")
        axes.pop(key, None)
        fixed.pop(key, None)
        if not override.is_sweep_override():
            fixed[key] = text
            continue
        axis = _axis(key, override, folders)
        if isinstance(axis, str):
            mistakes.append(f"{text} {axis if axis.startswith('has ') else f'has no values; expected {axis}'}")
        else:
            axes[key] = axis
    if mistakes:
        raise UserError(mistakes)
    return list(fixed.values()), list(axes.values())


def _of_space(space: Mapping[str, Any], mistakes: list[str]) -> Iterator[str]:
    for key, value in space.items():
        if isinstance(value, Mapping):  # from a dotted key on the command line: sweep.space.optimizer.lr=...
            yield from _of_space({f"{key}.{inner}": part for inner, part in value.items()}, mistakes)
        elif isinstance(value, list):
            if not value:
                mistakes.append(f"sweep.space: {key} is an empty list; expected at least one value")
            elif len(value) == 1 and value[0] is not None:
                yield f"{key}=choice({as_typed(value[0])})"
            else:  # choice() does not accept null
                yield f"{key}={','.join(map(as_typed, value))}"
        else:
            yield f"{key}={value if isinstance(value, str) else as_typed(value)}"


def as_typed(value: Any) -> str:
    """A value of a YAML file as it would be typed on the command line."""
    from hydra.core.override_parser.types import Override

    return str(Override._get_value_element_as_str(_quoted(value)))


def _quoted(value: Any) -> Any:
    """Quote the strings that Hydra could not parse; it escapes brackets, commas and spaces itself."""
    from hydra.core.override_parser.types import Quote, QuotedString

    if isinstance(value, list):
        return [_quoted(part) for part in value]
    if isinstance(value, dict):
        return {key: _quoted(part) for key, part in value.items()}
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        return QuotedString(value, Quote.single)
    return value


def _axis(key: str, override: Any, folders: Sequence[Path]) -> Axis | str:
    """The axis of an override, or what was expected if it has no values, or not those that are meant."""
    from hydra.core.override_parser.types import Glob, IntervalSweep, RangeSweep

    value: Any = override.value()
    if isinstance(value, Glob):
        names = list(choices(override.key_or_group, folders))
        found = tuple(value.filter(names))
        return Axis(key, found) if found else f"one of {', '.join(names)}" if names else "a config group before glob"
    if isinstance(value, RangeSweep | IntervalSweep) and not all(map(_finite, vars(value).values())):
        return "finite numbers"
    if isinstance(value, RangeSweep) and _length(value) > _MOST_VALUES:
        return f"range(start,stop,step) with a step that is not 0, and at most {_MOST_VALUES:,} values"
    if isinstance(value, IntervalSweep):
        if value.start is None or value.end is None or not value.start < value.end:
            return "interval(low,high) with low < high"
        integer = isinstance(value.start, int) and isinstance(value.end, int)
        log = "log" in value.tags
        if log and value.start <= 0:
            return "positive numbers with log"
        return Axis(key, low=value.start, high=value.end, log=log, integer=integer)
    values = tuple(override.sweep_string_iterator())
    if not values:
        return "a non-empty range(start,stop,step)" if isinstance(value, RangeSweep) else SYNTAX
    if isinstance(value, RangeSweep) and len(values) == 1 and value.step == 1 and isinstance(value.stop, float):
        low, high = value.start, value.stop
        return (
            f"has one value, since the step of a range is 1 unless it is given; expected range({low},{high},step), or for a "
            f"search interval({low},{high})"
        )
    if isinstance(value, RangeSweep) and not value.shuffle and value.step > 0:
        start: Any = value.start
        step: Any = value.step
        whole = isinstance(start, int) and isinstance(step, int)
        high = start + (len(values) - 1) * step if whole else float(values[-1])  # 0.7 + 0.1 is below 0.8
        return Axis(key, values, start, high, step, "log" in value.tags, whole)
    return Axis(key, values)


def _finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _length(value: Any) -> float:
    """About how many values a range has."""
    start, stop, step = value.start or 0, value.stop or 0, value.step
    return (stop - start) / step if step else math.inf
