"""Learning curves: a score or a loss against optimizer steps, mean and standard deviation over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tunesmith.figures import style
from tunesmith.figures.axis import set_log
from tunesmith.figures.labels import logarithmic, shortened
from tunesmith.figures.thinning import evenly

MOST = 8  # curves that can be told apart
POINTS = 200  # of a curve: more cannot be seen, and make a page large
_MARKED = 30  # up to so many points of a curve are marked


@dataclass(frozen=True)
class Curve:
    """The curve of one configuration.

    Attributes:
        label: in the legend.
        steps: optimizer steps, increasing, (n,).
        mean: over the seeds, (n,); there is a gap where it is not finite.
        deviation: sample standard deviation over the seeds, (n,); None for one seed.
    """

    label: str
    steps: NDArray[np.int64]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64] | None = None


def learning_curves(curves: Sequence[Curve], *, title: str, y: str) -> Figure:
    """A line for each configuration, in a colour and a style of its own, with a band of ± one standard deviation.

    The vertical axis is logarithmic if all values are positive and spread over more than a factor of 20.

    Args:
        curves: at most 8.
        title: of the figure.
        y: label of the vertical axis, with its unit.
    """
    assert 0 < len(curves) <= MOST
    values = np.concatenate([curve.mean[np.isfinite(curve.mean)] for curve in curves])
    log = logarithmic(values)
    label = f"{y} (log scale)" if log else y
    figure, (axes,) = style.new_figure(title, x="optimizer steps", y=label, height=3.6 + 0.18 * len(curves))
    with style.look():
        for number, curve in enumerate(curves):
            shown = evenly(len(curve.steps), POINTS)
            x, mean = curve.steps[shown], np.where(np.isfinite(curve.mean), curve.mean, np.nan)[shown]
            color = style.COLORS[number]
            axes.plot(
                x,
                mean,
                style.LINES[number % len(style.LINES)],
                color=color,
                marker=style.MARKERS[number] if len(curve.steps) <= _MARKED else None,
                markersize=4,
                label=shortened(curve.label, 70),
            )
            if curve.deviation is not None:
                spread = curve.deviation[shown]
                low = mean - spread
                if log:  # the band of a large deviation would reach below zero
                    low = np.maximum(low, values.min())
                axes.fill_between(x, low, mean + spread, color=color, alpha=0.15, linewidth=0)
        if log:
            set_log(axes.yaxis)
        figure.legend(loc="outside lower left", fontsize=8)
    return figure
