"""Several labels in one cell: lists, lists written as text, separators, and rows of zeros and ones (multi-hot)."""

import ast
import json
import re
from collections.abc import Collection, Iterable
from typing import Any

from tunesmith.data.encoding.label_names import label_name
from tunesmith.errors.messages import shortened

SEPARATORS = "|;,"
_ITEM = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[+-]?[0-9][0-9.eE+-]*|True|False)"""
# Python would read ['a' 'b'], NumPy's way of writing two labels, as one label ab: items must be parted by commas.
_PYTHON_LIST = re.compile(
    rf"\[\s*(?:{_ITEM}\s*(?:,\s*{_ITEM}\s*)*,?)?\s*\]|[({{]\s*{_ITEM}\s*(?:,\s*{_ITEM}\s*)*,?\s*[)}}]"
)
_OFF, _ON = ("0", "False"), ("1", "True")


def label_list(value: Any, *, given: Collection[str]) -> list[Any]:
    """The labels of an example; names in text, and what a JSON list holds.

    A cell that is one of the given names is that name. A list in JSON's or Python's notation is that list. Any other text is
    split at its separator, one of `|`, `;` and `,`; if it has several, at the one that yields given names only.

    Raises:
        ValueError: for a list that cannot be read, and for a cell with several separators.
    """
    if isinstance(value, list | tuple):
        return list(value)
    if not isinstance(value, str):
        return [value]
    cell = value.strip()
    if not cell or cell in given:
        return [cell] if cell else []
    written = _written_list(cell)
    if written is not None:
        return written
    if cell.startswith("[") and cell.endswith("]"):
        raise ValueError(
            f"{shortened(cell)} cannot be read as a list; expected ['a', 'b'], or labels separated by commas"
        )
    return _split(cell, given)


def _written_list(cell: str) -> list[Any] | None:
    if cell[0] not in "[({":
        return None
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        try:
            found = ast.literal_eval(cell) if _PYTHON_LIST.fullmatch(cell) else None
        except (ValueError, SyntaxError):
            return None
    if isinstance(found, dict):
        return [found]  # which is no label
    return list(found) if isinstance(found, list | tuple | set) else None


def _split(cell: str, given: Collection[str]) -> list[str]:
    present = [separator for separator in SEPARATORS if separator in cell]
    for separators in [*present, "".join(present)]:
        parts = [part.strip() for part in re.split(f"[{re.escape(separators)}]", cell)] if separators else [cell]
        parts = [part for part in parts if part]
        if len(present) < 2 or all(part in given for part in parts):
            return parts
    raise ValueError(
        f"{shortened(cell)} has several separators ({' and '.join(present)}); use one of them, write ['a', 'b'], "
        "or name the labels in dataset.labels"
    )


def is_multi_hot(rows: Iterable[list[Any]], *, labels: int) -> bool:
    """Whether the lists of a column hold a 0 or 1 for each label, rather than the labels themselves.

    They do if one of them repeats a 0 or 1 and holds nothing else, or with two labels if all are two such numbers.

    Args:
        rows: the lists of all rows.
        labels: number of labels; 0 if it is not known.
    """
    pairs = None if labels in (0, 2) else False
    for row in rows:
        if not row:
            continue
        binary = all(on_or_off(part) is not None for part in row)
        if binary and len(row) > len({on_or_off(part) for part in row}):
            return True
        pairs = binary and len(row) == 2 and pairs is not False
    return bool(pairs)


def on_or_off(value: Any) -> bool | None:
    """The value of a 0 or 1 in a multi-hot row; None for anything else."""
    try:
        name = label_name(value)
    except ValueError:
        return None
    return True if name in _ON else False if name in _OFF else None
