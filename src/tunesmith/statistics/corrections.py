"""Corrections for many tests: a claim for each of twenty equal methods at 5 % would be wrong for one of them."""

import math
from collections.abc import Sequence


def holm(ps: Sequence[float | None], *, family: int | None = None) -> list[float | None]:
    """Holm's (1979) adjusted p values: claims where they are at most 5 % contain a wrong one in at most 5 % of the reports.

    The smallest p is multiplied by the number of tests, the next by one less, and so on; none becomes smaller than the one
    before it, nor larger than 1.

    Args:
        ps: of each test; None or NaN where there was none, which stays as it is and does not count as a test.
        family: number of tests that could have been made, if larger than that of those given.
    """
    tested = sorted((p, place) for place, p in enumerate(ps) if p is not None and not math.isnan(p))
    count = max(len(tested), family or 0)
    adjusted, largest = list(ps), 0.0
    for rank, (p, place) in enumerate(tested):
        largest = max(largest, min(1.0, (count - rank) * p))
        adjusted[place] = largest
    return adjusted
