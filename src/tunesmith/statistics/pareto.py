"""The Pareto front: the points that no other point beats."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def front(first: ArrayLike, second: ArrayLike, *, larger: tuple[bool, bool]) -> NDArray[np.bool_]:
    """Which points no other one dominates: is as good in both objectives, and better in one. Equal points are all kept.

    Args:
        first: values of the first objective, (n,).
        second: values of the second objective, (n,).
        larger: for each objective, whether larger values are better.

    Returns:
        (n,); false for a point with a value that is not finite.
    """
    costs = np.stack(
        [-np.asarray(v, float) if up else np.asarray(v, float) for v, up in zip((first, second), larger, strict=True)]
    )
    found = np.zeros(costs.shape[1], dtype=bool)
    finite = np.flatnonzero(np.isfinite(costs).all(axis=0))
    order = finite[np.lexsort(costs[::-1, finite])]  # by the first cost, then by the second
    lowest, pair = np.inf, None  # the lowest second cost so far, and the point that has it
    for point in order:
        here = tuple(costs[:, point])
        if here[1] < lowest or here == pair:
            found[point] = True
            lowest, pair = here[1], here
    return found
