"""The content of metrics.json: a number for each score, such as `test/f1`, and `labels` with the scores of each label."""

import math
from collections.abc import Mapping
from typing import Any

from tunesmith.errors import UserError

LABELS = "labels"  # split -> label -> precision, recall, f1, support


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The scores by name; NaN for null, which stands for a score that is not a number.

    Raises:
        UserError: if it is no object.
    """
    if not isinstance(metrics, Mapping):
        raise UserError(f"metrics.json contains {metrics!r:.40}; expected scores by name")
    return {
        name: math.nan if value is None else float(value)
        for name, value in metrics.items()
        if value is None or isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63)
    }
