"""Two objectives of each trial, and the front of those that no other trial beats in both."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tunesmith.figures import style
from tunesmith.figures.axis import Axis, set_log

_DENSE = 500  # from so many points on, they are a bitmap


def pareto(x: Axis, y: Axis, front: NDArray[np.bool_], *, larger: Sequence[bool], title: str) -> Figure:
    """A point for each trial that has both values; those of the front are marked and joined by a line.

    Args:
        x: values of the first objective, (n,); NaN for a trial without one.
        y: values of the second objective, (n,).
        front: whether a trial is on the front, (n,).
        larger: for x and y, whether larger values are better.
        title: of the figure.
    """
    names = [
        f"{axis.title}, {'larger' if better else 'smaller'} is better"
        for axis, better in zip((x, y), larger, strict=True)
    ]
    figure, (axes,) = style.new_figure(title, x=names[0], y=names[1])
    others = ~front & np.isfinite(x.places) & np.isfinite(y.places)
    order = np.flatnonzero(front)[np.argsort(x.places[front], kind="stable")]
    with style.look():
        axes.scatter(
            x.places[others],
            y.places[others],
            s=16,
            color=style.COLORS[7],
            alpha=0.6,
            linewidths=0,
            label="other trials",
            rasterized=int(others.sum()) > _DENSE,
        )
        # A corner between two trials is what both reach: nothing on the front is better there.
        axes.plot(
            x.places[order],
            y.places[order],
            color=style.COLORS[1],
            marker="D",
            markersize=5,
            drawstyle="steps-post" if larger[0] is False else "steps-pre",
            label="Pareto front",
        )
        for axis, drawn in ((x, axes.xaxis), (y, axes.yaxis)):
            if axis.log:
                set_log(drawn)
        figure.legend(loc="outside lower center", ncols=2)
    return figure
