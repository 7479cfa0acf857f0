"""A score over two settings: a cell for each pair of values of a grid, or else points over a surface between them."""

import matplotlib.axes
import numpy as np
from matplotlib import patheffects
from matplotlib.cm import ScalarMappable
from matplotlib.collections import Collection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation
from numpy.typing import NDArray

from tunesmith.figures import style
from tunesmith.figures.axis import Axis, set_horizontal, set_log, set_vertical
from tunesmith.figures.labels import shortened_key, told_apart

MOST_PLACES = 12  # of a setting of a grid
_FEWEST_POINTS = 10  # of a surface
_LEVELS = 10


def contour(x: Axis, y: Axis, score: Axis, best: int, *, title: str) -> Figure:
    """The score of each trial by colour.

    If the trials are on a grid, a cell is their mean score. Otherwise each is a point; between the points of two numeric
    settings, the score is interpolated linearly on Delaunay's triangles, and nowhere outside of them.

    Args:
        x: the first setting of each trial.
        y: the second setting of each trial.
        score: of each trial; NaN for one without a score, which is not drawn.
        best: index of the best trial.
        title: of the figure.
    """
    figure, (axes,) = style.new_figure(title, x="", y="", height=4.6)
    drawn = np.isfinite(x.places) & np.isfinite(y.places) & np.isfinite(score.places)
    values = score.places[drawn]
    norm = LogNorm(values.min(), values.max()) if score.log else Normalize(values.min(), values.max())
    with style.look():
        if is_grid(x, y, score):
            _cells(axes, x, y, score.places, norm, best)
        else:
            _surface(axes, x, y, score.places, drawn, norm)
            points = axes.scatter(x.places[drawn], y.places[drawn], c=values, norm=norm, s=18, linewidths=0.4)
            points.set_edgecolor("white")
            points.set_rasterized(len(values) > 300)
            axes.scatter(
                x.places[best : best + 1],
                y.places[best : best + 1],
                s=170,
                marker="*",
                color=style.COLORS[1],
                edgecolors="white",
                label="best",
                zorder=5,
            )
            axes.use_sticky_edges = False
            axes.margins(0.05)
            set_horizontal(axes, x)
            set_vertical(axes, y)
            figure.legend(loc="outside lower left")
        bar = figure.colorbar(ScalarMappable(norm), ax=axes, label=score.title)
        if score.log:
            set_log(bar.ax.yaxis)
    return figure


def is_grid(x: Axis, y: Axis, score: Axis) -> bool:
    """Whether at least two thirds of the pairs of at most 12 values each were tried."""
    drawn = np.isfinite(x.places) & np.isfinite(y.places) & np.isfinite(score.places)
    columns, rows = np.unique(x.places[drawn]), np.unique(y.places[drawn])
    if max(len(columns), len(rows)) > MOST_PLACES:
        return False
    pairs = np.unique(np.column_stack([x.places[drawn], y.places[drawn]]), axis=0)
    return 3 * len(pairs) >= 2 * len(columns) * len(rows)


def means(x: NDArray[np.float64], y: NDArray[np.float64], score: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean score for each different y (rows) and x (columns); NaN for a pair that has none."""
    columns, rows = np.unique(x, return_inverse=True)[1], np.unique(y, return_inverse=True)[1]
    shape = (rows.max() + 1, columns.max() + 1)
    total, number = np.zeros(shape), np.zeros(shape)
    np.add.at(total, (rows, columns), score)
    np.add.at(number, (rows, columns), 1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _cells(
    axes: matplotlib.axes.Axes, x: Axis, y: Axis, score: NDArray[np.float64], norm: Normalize, best: int
) -> None:
    """Cells of equal size, for the values of a grid are seldom evenly spaced; the best trial's has a frame."""
    drawn = np.isfinite(x.places) & np.isfinite(y.places) & np.isfinite(score)
    cells = means(x.places[drawn], y.places[drawn], score[drawn])
    mesh = axes.pcolormesh(cells, norm=norm, edgecolors="white", linewidth=0.5)
    axes.grid(False)
    for axis, limits, set_ticks, rotated in (
        (x, axes.set_xlim, axes.set_xticks, True),
        (y, axes.set_ylim, axes.set_yticks, False),
    ):
        places = np.unique(axis.places[drawn])
        names = [axis.categories[int(place)] if axis.categories else f"{place:.4g}" for place in places]
        names = told_apart(names, 18)
        limits(0, len(places))
        slanted = {"rotation": 45, "ha": "right"} if rotated and sum(map(len, names)) > 50 else {}
        set_ticks(np.arange(len(places)) + 0.5, names, minor=False, **slanted)
    axes.set_xlabel(shortened_key(x.label, 40))
    axes.set_ylabel(shortened_key(y.label, 40))
    column = np.searchsorted(np.unique(x.places[drawn]), x.places[best])
    row = np.searchsorted(np.unique(y.places[drawn]), y.places[best])
    axes.plot(
        [column, column + 1, column + 1, column, column],
        [row, row, row + 1, row + 1, row],
        color=style.COLORS[1],
        linewidth=2.4,
        clip_on=False,
    )
    if cells.size <= 64:
        for (row, column), value in np.ndenumerate(cells):
            if np.isfinite(value):
                dark = mesh.cmap(norm(value))[1] < 0.5
                outline = [patheffects.withStroke(linewidth=1.5, foreground="black" if dark else "white")]
                label = axes.text(column + 0.5, row + 0.5, f"{value:.4g}", ha="center", va="center", fontsize=8)
                label.set(color="white" if dark else "black", path_effects=outline)


def _surface(
    axes: matplotlib.axes.Axes,
    x: Axis,
    y: Axis,
    score: NDArray[np.float64],
    drawn: NDArray[np.bool_],
    norm: Normalize,
) -> Collection | None:
    """The interpolated surface, unless there are too few points, a category, or all points on a line."""
    if x.categories or y.categories:
        return None
    # Triangles depend on the scale: settings are first spread over the same square.
    points = np.column_stack([_unit(axis.linear[drawn]) for axis in (x, y)])
    _, first, which = np.unique(points.round(9), axis=0, return_index=True, return_inverse=True)
    if len(first) < _FEWEST_POINTS or np.linalg.matrix_rank(points - points[0], tol=1e-6) < 2:
        return None
    mean = np.bincount(which.ravel(), score[drawn]) / np.bincount(which.ravel())
    triangles = Triangulation(*points[first].T).triangles
    low, high = float(score[drawn].min()), float(score[drawn].max())
    if not low < high:
        return None
    levels = np.geomspace(low, high, _LEVELS) if isinstance(norm, LogNorm) else np.linspace(low, high, _LEVELS)
    surface = axes.tricontourf(
        Triangulation(x.places[drawn][first], y.places[drawn][first], triangles), mean, levels, norm=norm, alpha=0.6
    )
    surface.set_rasterized(True)
    return surface


def _unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return (values - values.min()) / max(np.ptp(values), 1e-300)
