"""The interval in which a new observation is expected, given a few (Hahn & Meeker 1991, section 4.7).

It is wider than a confidence interval of the mean: a new seed varies as much as each of the observed ones does.
"""

import math
import statistics
from collections.abc import Sequence

LEVEL = 0.95
FEWEST = 3  # observations; with two, one degree of freedom, the interval is eighteen times as wide as their deviation


def prediction_interval(observed: Sequence[float], *, new: int = 1) -> tuple[float, float] | None:
    """The two-sided 95 % t interval for the mean of new observations of the same normal distribution.

    Args:
        observed: such as a score of each seed.
        new: number of new observations.

    Returns:
        Its bounds, equal if the observations do not vary; None for fewer than three, or if one is not finite.
    """
    if len(observed) < FEWEST or not all(map(math.isfinite, observed)):
        return None
    return interval_for_mean(statistics.fmean(observed), statistics.stdev(observed), observed=len(observed), new=new)


def interval_for_mean(mean: float, deviation: float, *, observed: int, new: int) -> tuple[float, float] | None:
    """The same from the mean and the sample standard deviation (n - 1) of the observations."""
    if observed < FEWEST or new < 1 or not (math.isfinite(mean) and math.isfinite(deviation)):
        return None
    from scipy.stats import t

    half = float(t.ppf((1 + LEVEL) / 2, observed - 1)) * deviation * math.sqrt(1 / new + 1 / observed)
    return mean - half, mean + half
