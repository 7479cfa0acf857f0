"""Fewer points than there are: evenly spaced ones, with the first and the last."""

import numpy as np
from numpy.typing import NDArray


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Indices of at most `most` of `count` points, increasing; all of them if they are not more."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
