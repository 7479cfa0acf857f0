"""The score against each setting, one panel a setting: what each trial set, found, and how it ended."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tunesmith.figures import style
from tunesmith.figures.axis import Axis, set_horizontal, set_log
from tunesmith.figures.thinning import evenly

MOST = 6  # panels
MOST_POINTS = 400  # of a panel, for completed trials; a quarter for pruned and for failed ones
_COLUMNS = 3
_DENSE = 200  # from so many points on, a panel is a bitmap
_WITHOUT = {"pruned": ("v", style.COLORS[7]), "failed": ("X", style.COLORS[1])}  # markers and colours
_GOLDEN = 0.6180339887  # multiples of it, modulo 1, are spread evenly


def slices(axes: Sequence[Axis], score: Axis, states: Sequence[str], best: int, *, title: str) -> Figure:
    """A panel for each setting.

    Completed trials are points at their score; pruned and failed ones, which have none, are marks at the foot of a panel.
    Points of one category are set beside each other, so that equal scores do not hide each other.

    Args:
        axes: of the settings, at most 6.
        score: of each trial; NaN for one without a score.
        states: of each trial: done, pruned, failed or another one, which is not drawn without a score.
        best: index of the best trial.
        title: of the figure.
    """
    assert 0 < len(axes) <= MOST
    columns = min(_COLUMNS, len(axes))
    rows = -(-len(axes) // columns)
    figure, panels = style.new_figure(
        title, x="", y="", rows=rows, columns=columns, width=max(5.0, 3.2 * columns), height=2.9 * rows + 0.5
    )
    limits = _limits(score, room=len(set(states)) > 1)
    with style.look():
        for number, panel in enumerate(panels):
            if number >= len(axes):
                panel.set_axis_off()
                continue
            _draw(panel, axes[number], score, np.array(states), best)
            panel.set_ylim(*limits)
            if score.log:
                set_log(panel.yaxis)
            panel.set_ylabel(score.title if number % columns == 0 else "")
        handles = {
            label: handle
            for panel in panels[: len(axes)]
            for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
        }
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4)
    return figure


def _draw(panel: Axes, axis: Axis, score: Axis, states: NDArray[np.str_], best: int) -> None:
    x = axis.places + _beside(len(axis.places)) if axis.categories else axis.places
    done = np.isfinite(score.places) & np.isfinite(x)
    dense = len(x) > _DENSE
    style_of_points: dict[str, Any] = {
        "s": 8 if dense else 18,
        "alpha": 0.5 if dense else 0.8,
        "linewidths": 0,
        "rasterized": dense,
    }
    shown = np.flatnonzero(done)[evenly(int(done.sum()), MOST_POINTS)]
    panel.scatter(x[shown], score.places[shown], color=style.COLORS[0], label="completed", **style_of_points)
    foot = panel.get_xaxis_transform()  # heights from 0 to 1
    for height, (state, (marker, color)) in enumerate(_WITHOUT.items()):
        without = np.flatnonzero((states == state) & ~np.isfinite(score.places) & np.isfinite(x))
        if without.size:
            without = without[evenly(len(without), MOST_POINTS // 4)]
            y = np.full(len(without), 0.09 - 0.06 * height)
            look = style_of_points | {"s": 22, "alpha": 0.7}
            panel.scatter(x[without], y, marker=marker, color=color, label=state, transform=foot, **look)
    if np.isfinite(x[best]):
        mark: dict[str, Any] = {"marker": "*", "s": 150, "color": style.COLORS[5], "edgecolors": style.INK, "zorder": 5}
        panel.scatter(x[best : best + 1], score.places[best : best + 1], label="best", linewidths=0.8, **mark)
    set_horizontal(panel, axis)


def _limits(score: Axis, *, room: bool) -> tuple[float, float]:
    """The vertical limits of all panels, with room for the marks at the foot if there are any."""
    finite = score.linear[np.isfinite(score.places)]
    span = max(float(np.ptp(finite)), 1e-9)
    low, high = float(finite.min()) - (0.25 if room else 0.06) * span, float(finite.max()) + 0.08 * span
    return (10**low, 10**high) if score.log else (low, high)


def _beside(trials: int) -> NDArray[np.float64]:
    """Offsets from -0.25 to 0.25, the same for the same trials."""
    offsets: NDArray[np.float64] = (np.arange(1, trials + 1) * _GOLDEN % 1 - 0.5) / 2
    return offsets
