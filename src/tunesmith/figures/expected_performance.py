"""Expected validation performance (Dodge et al., 2019): the best score to expect of a search with so many trials."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tunesmith.figures import style
from tunesmith.figures.axis import set_log
from tunesmith.figures.labels import shortened

MOST = 8  # curves
_POINTS = 200  # of a curve
_MARKED = 30  # up to so many points of a curve are marked


@dataclass(frozen=True)
class ExpectedCurve:
    """The curve of one search.

    Attributes:
        label: in the legend.
        trials: numbers of trials, increasing, (n,).
        best: the expected best score of so many trials, (n,).
        low: lower end of the band, (n,).
        high: upper end of the band, (n,).
    """

    label: str
    trials: NDArray[np.int64]
    best: NDArray[np.float64]
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None


def expected_performance(curves: Sequence[ExpectedCurve], *, title: str, y: str) -> Figure:
    """A line with a band for each search, against the number of trials, on a logarithmic scale from 30 trials on.

    Args:
        curves: at most 8.
        title: of the figure.
        y: label of the vertical axis: the score.
    """
    assert 0 < len(curves) <= MOST
    most = max(int(curve.trials.max()) for curve in curves)
    scale = " (log scale)" if most >= _MARKED else ""
    figure, (axes,) = style.new_figure(title, x=f"number of trials{scale}", y=f"expected best {y}")
    with style.look():
        if scale:
            axes.set_xlim(1 / 1.1, most * 1.1)
            set_log(axes.xaxis)
        else:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        for number, curve in enumerate(curves):
            # Evenly spaced on the scale of the axis, the first and the last included.
            spaced = np.geomspace(1, len(curve.trials), min(_POINTS, len(curve.trials))).round().astype(int) - 1
            shown = np.unique(spaced) if scale else np.arange(len(curve.trials))
            color = style.COLORS[number]
            axes.plot(
                curve.trials[shown],
                curve.best[shown],
                style.LINES[number % len(style.LINES)],
                color=color,
                marker=style.MARKERS[number] if len(shown) <= _MARKED else None,
                markersize=4,
                label=shortened(curve.label, 70),
            )
            if curve.low is not None and curve.high is not None:
                axes.fill_between(
                    curve.trials[shown], curve.low[shown], curve.high[shown], color=color, alpha=0.15, linewidth=0
                )
        if len(curves) > 1:
            figure.legend(loc="outside lower left", fontsize=8)
    return figure
