"""An annotation of a setting in words: `PositiveInt | None` is "whole number from 1, or null"."""

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Len, Lt

_NAMES: dict[Any, str] = {
    int: "whole number",
    float: "number",
    str: "text",
    bool: "true or false",
    dict: "mapping",
    list: "list",
    tuple: "list",
    None: "null",
    type(None): "null",
    Any: "anything",
}


def described(annotation: Any) -> str:
    """The values that an annotation of `tunesmith.configuration.annotations` allows, in words."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _limited(parts[0], [limit for limit in parts[1:] if isinstance(limit, Ge | Gt | Le | Len | Lt)])
    if origin is Literal:
        return _either([_value(part) for part in parts])
    if origin in (Union, types.UnionType):
        return _either([described(part) for part in sorted(parts, key=lambda part: part is type(None))])
    if origin is dict:
        return f"mapping of {described(parts[0])} to {described(parts[1])}"
    if origin in (list, tuple):
        return f"list of {' and '.join(described(part) for part in parts if part is not ...)}"
    return _NAMES.get(annotation, str(annotation))


def _either(words: list[str]) -> str:
    """`a, b or c`; with a comma before `or` if one of them is a phrase."""
    if len(words) == 1:
        return words[0]
    phrases = any(" " in word for word in words[:-1])
    return f"{', '.join(words[:-1])}{',' * phrases} or {words[-1]}"


def _value(constant: Any) -> str:
    return str(constant).lower() if isinstance(constant, bool) else str(constant)


def _limited(base: Any, limits: list[Any]) -> str:
    """A type and its limits: `number from 0 to below 1`, `list of 2: number above 0`."""
    if get_origin(base) is Annotated:
        parts = get_args(base)
        return _limited(parts[0], [limit for limit in parts[1:] if isinstance(limit, Ge | Gt | Le | Len | Lt)] + limits)
    lengths = [limit for limit in limits if isinstance(limit, Len)]
    for length in lengths:
        return _with_length(base, length)
    low = next((limit for limit in limits if isinstance(limit, Ge | Gt)), None)
    high = next((limit for limit in limits if isinstance(limit, Le | Lt)), None)
    words = [described(base)]
    if isinstance(low, Gt) and base is int and isinstance(low.gt, int):
        words.append(f"from {low.gt + 1}")
    elif low is not None:
        words.append(f"above {low.gt}" if isinstance(low, Gt) else f"from {low.ge}")
    if isinstance(high, Lt) and base is int and isinstance(high.lt, int):
        words.append(f"to {high.lt - 1}")
    elif high is not None:
        joint = "and " if isinstance(low, Gt) else "to " if low is not None else ""
        words.append(
            f"{joint}below {high.lt}" if isinstance(high, Lt) else f"{'to' if low is not None else 'up to'} {high.le}"
        )
    return " ".join(words)


def _with_length(base: Any, length: Len) -> str:
    if base is str:
        return "text, not empty" if length.min_length == 1 and length.max_length is None else described(base)
    least, most = length.min_length, length.max_length
    count = str(least) if least == most else f"{least} or more" if most is None else f"{least} to {most}"
    inner = get_args(base)
    return f"list of {count}{': ' + described(inner[0]) if inner else ''}"
