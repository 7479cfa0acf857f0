"""Numbers as people read them in a table."""

import math

from tunesmith.configuration.typed_values import typed
from tunesmith.documents.document import Cell, Score

_MANY = 1000
_SINGLE_PRECISION = 1e-6  # what is nearer to 1 may be 1, computed in float32


def shown(cell: Cell, decimals: int) -> str:
    """A cell as a text: a score as mean ± standard deviation, nothing for None."""
    if cell is None:
        return ""
    if isinstance(cell, Score):
        mean = shown(cell.mean, decimals)
        return mean if cell.deviation is None else f"{mean} ± {shown(cell.deviation, decimals)}"
    if isinstance(cell, float):
        return number(cell, decimals)
    return str(cell)


def number(value: float, decimals: int) -> str:
    """A number with so many decimals, or in scientific notation where they would leave too few digits of it.

    With three decimals or more, as scores have them, what is below 1 is not shown as 1, which would be a perfect score: there are
    more decimals then, 0.99996.
    """
    if not math.isfinite(value):
        return {math.inf: "inf", -math.inf: "-inf"}.get(value, "nan")
    small = 0 < abs(value) < 10.0**-decimals
    if small or abs(value) >= 1e7:
        return f"{value:.2e}"
    missing = 1 - abs(value)
    if decimals >= 3 and _SINGLE_PRECISION < missing <= 10.0**-decimals:
        decimals = max(decimals, math.ceil(-math.log10(missing)))
    return f"{value:.{decimals}f}"


def value_of(cell: Cell) -> float | None:
    """The number that a cell is sorted by; None for a text."""
    if isinstance(cell, Score):
        return cell.mean
    return float(cell) if isinstance(cell, int | float) else None


def score(value: float, examples: int | None = None) -> str:
    """A score with four decimals, or three if it is over fewer than 1,000 examples: its standard error is then above 0.01.

    Args:
        value: such as an accuracy or a loss.
        examples: that it is over; None if unknown.
    """
    return number(value, 3 if examples is not None and examples < _MANY else 4)


def rate(value: float) -> str:
    """A learning rate or a decay, with three digits, as a person types it: 2.7e-5."""
    short = f"{value:.3g}"
    return typed(float(short)) if 0 < abs(value) < 1e-3 else short
