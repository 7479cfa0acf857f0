"""Parallel coordinates (Inselberg, 1985): an axis for each setting, a line for each trial, which ends at its score."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tunesmith.figures import style
from tunesmith.figures.axis import Axis
from tunesmith.figures.labels import shortened_key
from tunesmith.figures.thinning import evenly

MOST = 8  # settings
MOST_LINES = 200
BEST = 50  # of the lines are those of the best trials; the others are spread evenly over the rest
_TICKS = 5
_WITHOUT: dict[str, Any] = {"pruned": "--", "failed": ":"}
_COLORS = LinearSegmentedColormap.from_list("middle", colormaps[style.SEQUENTIAL](np.linspace(0.15, 0.9, 32)))


def parallel_coordinates(
    axes: Sequence[Axis], score: Axis, states: Sequence[str], *, larger: bool, title: str
) -> Figure:
    """A line for each trial, the darker the better; the best is drawn on top, and pruned and failed ones end before the score.

    Args:
        axes: of the settings, at most 8. A line has a gap where its trial has no such setting.
        score: of each trial; NaN for one without a score.
        states: of each trial: done, pruned, failed or another one, which is not drawn without a score.
        larger: whether larger scores are better.
        title: of the figure.
    """
    assert 0 < len(axes) <= MOST
    figure, (panel,) = style.new_figure(title, x="", y="", width=max(6.4, 1.3 * (len(axes) + 1)), height=4.6)
    heights = np.column_stack([_heights(axis) for axis in [*axes, score]])  # (trials, axes)
    order = np.argsort(-score.places if larger else score.places, kind="stable")  # best first, those without last
    done = [int(trial) for trial in order if np.isfinite(score.places[trial])]
    with style.look():
        panel.grid(False)
        for side in ("left", "bottom"):
            panel.spines[side].set_visible(False)
        panel.set_yticks([])
        names = [f"{shortened_key(axis.label, 24)}{' (log)' if axis.log else ''}" for axis in [*axes, score]]
        slanted = max(map(len, names)) > 90 // len(names)
        panel.set_xticks(range(len(names)), names, rotation=20 if slanted else 0, ha="right" if slanted else "center")
        panel.tick_params(length=0)
        panel.set_xlim(-0.45, len(names) - 0.75)
        panel.set_ylim(-0.06, 1.06)
        handles = []
        for state, line in _WITHOUT.items():
            trials = [trial for trial in order if states[trial] == state and not np.isfinite(score.places[trial])]
            if trials:
                drawn = np.array(trials)[evenly(len(trials), MOST_LINES // 4)]
                panel.add_collection(_lines(heights[drawn], color=style.COLORS[7], linestyle=line, alpha=0.5))
                handles.append(Line2D([], [], color=style.COLORS[7], linestyle=line, label=state))
        shown = [*done[:BEST], *np.array(done[BEST:], int)[evenly(len(done[BEST:]), MOST_LINES - BEST)]][
            ::-1
        ]  # the better are drawn on top
        colored = _lines(heights[shown], cmap=_COLORS.reversed() if larger else _COLORS, alpha=0.7)
        colored.set_array(score.linear[shown][_pieces(heights[shown])[1]])  # a line may be in several pieces
        panel.add_collection(colored)
        best = _lines(heights[done[:1]], color=style.COLORS[1], linewidth=2.6)
        panel.add_collection(best)
        for number, axis in enumerate([*axes, score]):
            panel.axvline(number, color=style.INK, linewidth=0.8)
            _ticks(panel, axis, number)
        handles = [Line2D([], [], color=style.COLORS[1], linewidth=2.6, label="best"), *handles]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def _bounds(axis: Axis) -> tuple[float, float]:
    if axis.categories:
        return 0.0, float(max(1, len(axis.categories) - 1))
    finite = axis.linear[np.isfinite(axis.linear)]
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _heights(axis: Axis) -> NDArray[np.float64]:
    """The places of the trials from 0 to 1, (n,)."""
    low, high = _bounds(axis)
    return (axis.linear - low) / (high - low)


def _pieces(heights: NDArray[np.float64]) -> tuple[list[NDArray[np.float64]], list[int]]:
    """The pieces of a line for each row of heights, which has a gap where one is NaN; and the row of each piece."""
    found, rows = [], []
    for row, line in enumerate(heights):
        points = np.column_stack([np.arange(len(line)), line])
        for piece in np.split(points, np.flatnonzero(~np.isfinite(line))):
            drawn = piece[np.isfinite(piece[:, 1])]
            if len(drawn) > 1:
                found.append(drawn)
                rows.append(row)
    return found, rows


def _lines(heights: NDArray[np.float64], *, linewidth: float = 1.0, **look: Any) -> LineCollection:
    return LineCollection(_pieces(heights)[0], linewidth=linewidth, **look)


def _ticks(panel: Axes, axis: Axis, number: int) -> None:
    low, high = _bounds(axis)
    if axis.categories:
        marks = [(float(place), name) for place, name in enumerate(axis.categories)]
    elif axis.log:
        decades = [power for power in range(int(np.floor(low)), int(np.ceil(high)) + 1) if low <= power <= high]
        marks = [(place, f"{10**place:.3g}") for place in ([*map(float, decades)] if len(decades) > 1 else [low, high])]
    else:
        different = np.unique(axis.places[np.isfinite(axis.places)])
        places = different if len(different) <= _TICKS else MaxNLocator(_TICKS).tick_values(low, high)
        marks = [(place, f"{place:.6g}") for place in places if low <= place <= high]
    for place, name in marks:
        height = (place - low) / (high - low)
        panel.plot([number - 0.02, number], [height, height], color=style.INK, linewidth=0.8)
        panel.text(number - 0.035, height, name, fontsize=7, ha="right", va="center")
