"""Values of a command line: read as YAML would, and written as a person types them."""

import math
import re
from typing import Any

from tunesmith.errors.messages import shortened

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def typed(value: Any) -> str:
    """A value as a person types it: 1e-05 is 1e-5."""
    if isinstance(value, float) and 0 < abs(value) < 1e-3:
        mantissa, _, exponent = f"{value:.10e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    if isinstance(value, float):
        return re.sub(r"e([-+])0*", lambda found: f"e{found[1].replace('+', '')}", repr(value))
    return shortened(str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value))


def read(text: str) -> Any:
    """A value of the command line: a number, true, false, null, or the text itself."""
    if NUMBER.fullmatch(text):
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    return {"true": True, "false": False, "null": None}.get(text.lower(), text)


def finite_number(text: str) -> float | None:
    """The finite number that YAML and Hydra read; None for any other text, `nan`, `inf` and other digits than 0 to 9 included."""
    number = float(text) if NUMBER.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def is_number(value: Any) -> bool:
    """Whether a value is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf
