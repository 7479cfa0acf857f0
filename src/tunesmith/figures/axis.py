"""An axis of a figure of settings: numbers, on a linear or logarithmic scale, or categories."""

import math
from dataclasses import dataclass

import matplotlib.axes
import numpy as np
from matplotlib.axis import Axis as DrawnAxis
from matplotlib.axis import XAxis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from numpy.typing import NDArray

from tunesmith.figures.labels import shortened_key


@dataclass(frozen=True)
class Axis:
    """The places of some trials on one axis.

    Attributes:
        label: with its unit.
        places: of each trial, (n,): its number, or that of its category; NaN for a trial that has none.
        categories: short names of the places 0, 1, ...; empty for numbers.
        log: whether the scale is logarithmic.
    """

    label: str
    places: NDArray[np.float64]
    categories: tuple[str, ...] = ()
    log: bool = False

    @property
    def linear(self) -> NDArray[np.float64]:
        """The places on a linear scale, (n,): logarithms of those on a logarithmic one."""
        return np.log10(self.places) if self.log else self.places

    @property
    def whole(self) -> bool:
        """Whether all places are whole numbers."""
        finite = self.places[np.isfinite(self.places)]
        return bool((finite == finite.round()).all())

    @property
    def title(self) -> str:
        """The label, and the scale if it is logarithmic."""
        label = shortened_key(self.label, 36)
        return f"{label} (log scale)" if self.log else label


def set_log(drawn: DrawnAxis) -> None:
    """Make an axis logarithmic, with plain numbers: matplotlib's own powers need its mathematical text."""
    set_scale = drawn.axes.set_xscale if isinstance(drawn, XAxis) else drawn.axes.set_yscale
    set_scale("log")
    low, high = drawn.get_view_interval()
    decades = math.log10(high / low) if low > 0 else math.inf
    subs = (1.0,) if decades > 3 else (1.0, 3.0) if decades > 1 else (1.0, 2.0, 5.0)  # about 5 numbers
    drawn.set_major_locator(LogLocator(subs=subs, numticks=6))
    drawn.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("e-0", "e-")))
    drawn.set_minor_formatter(NullFormatter())


def _set_scale(drawn: DrawnAxis, axis: Axis) -> None:
    if axis.whole:
        drawn.set_major_locator(MaxNLocator(integer=True))
    if axis.log:
        set_log(drawn)


def set_horizontal(axes: matplotlib.axes.Axes, axis: Axis) -> None:
    """Make the horizontal axis of some axes this one."""
    axes.set_xlabel(axis.title)
    _set_scale(axes.xaxis, axis)
    if axis.categories:
        names = axis.categories
        slanted = sum(map(len, names)) > 24 or len(names) > 6
        axes.set_xticks(range(len(names)), names, rotation=45 if slanted else 0, ha="right" if slanted else "center")
        axes.set_xlim(-0.6, len(names) - 0.4)
        axes.xaxis.set_minor_locator(NullLocator())


def set_vertical(axes: matplotlib.axes.Axes, axis: Axis) -> None:
    """Make the vertical axis of some axes this one."""
    axes.set_ylabel(axis.title)
    _set_scale(axes.yaxis, axis)
    if axis.categories:
        axes.set_yticks(range(len(axis.categories)), axis.categories)
        axes.set_ylim(-0.6, len(axis.categories) - 0.4)
