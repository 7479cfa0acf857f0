"""What a label is called, in what order labels are numbered, and what is a number: one rule for every kind of file.

Text stays text, so `007`, `7`, `1.0` and `nan` in a CSV file are four labels. A number in JSON is named by its value, so 1
and 1.0 are the label `1`.
"""

import contextlib
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tunesmith.errors.messages import shortened

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")  # float() takes 1_0, nan and more
_LARGEST = 3.4028234663852886e38  # of float32, in which targets are kept


def label_name(value: Any) -> str:
    """The name of the label that a cell or a JSON value stands for.

    Text without surrounding blanks; `True` and `False` for booleans; a whole number in digits, however it is written; the
    shortest digits that give any other number.

    Raises:
        ValueError: for null, NaN, infinity, lists, objects and empty text, which are no labels.
    """
    if isinstance(value, str):
        name = value.strip()
        if not name:
            raise ValueError("the label is empty; expected text or a number")
        if any("\ud800" <= character <= "\udfff" for character in name):
            raise ValueError(f"label {shortened(name)} is not valid Unicode (it has half of a surrogate pair)")
        return name
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else repr(value)
    raise ValueError(f"label {shortened(str(value))} is {_kind(value)}; expected text or a number")


def _kind(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "a list (dataset.problem=multi_label is for several labels)"
    kinds: dict[type, str] = {type(None): "null", dict: "an object", float: "not finite"}
    return kinds.get(type(value), f"of the type {type(value).__name__}")


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct names in an order that depends on nothing else: by value if all are numbers, else by code points."""
    distinct = set(names)
    numbers = {name: as_number(name) for name in distinct}
    if all(number is not None and math.isfinite(number) for number in numbers.values()):
        return tuple(sorted(distinct, key=lambda name: (numbers[name], name)))
    return tuple(sorted(distinct))


def order_of_version_0_1(names: Iterable[str]) -> tuple[str, ...] | None:
    """The order in which version 0.1 numbered labels that it learnt; None if it differed between processes.

    That was by value if Python reads all names as numbers, NaN and `1_0` too; equal numbers came in the order of a hash table.
    """
    names = set(names)
    try:
        numbers = {name: float(name) for name in names}
    except ValueError:
        return tuple(sorted(names))
    different = len(set(numbers.values())) == len(names) and not any(map(math.isnan, numbers.values()))
    return tuple(sorted(names, key=numbers.__getitem__)) if different or len(names) == 1 else None


def given_names(values: Iterable[Any]) -> tuple[str, ...]:
    """The names in `dataset.labels`, in the order of their ids.

    Raises:
        ValueError: for a value that is no label, and for a name that occurs twice.
    """
    names = tuple(map(label_name, values))
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"label {shortened(name)!r} occurs {names.count(name)} times; expected different names")
    return names


def as_number(text: str) -> float | None:
    """The value of a decimal number in ASCII digits; None for any other text."""
    return float(text) if _NUMBER.fullmatch(text) else None


def target_number(value: Any) -> float:
    """The number that a cell or a JSON value stands for, as a target of regression.

    Raises:
        ValueError: unless it is a finite number; a boolean is none.
    """
    number: float | None = None
    if isinstance(value, str):
        number = as_number(value.strip())
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):
            number = float(value)
    if number is None or not abs(number) <= _LARGEST:  # NaN is not
        raise ValueError(f"{shortened(str(value))!r} is not a finite number")
    return number
