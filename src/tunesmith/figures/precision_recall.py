"""Precision-recall curves (Davis & Goadrich, 2006), one for each label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from tunesmith.figures import drawn_names, style


@dataclass(frozen=True)
class Curve:
    """A line of the figure.

    Attributes:
        name: of the label.
        precision: (levels,) at each level of recall.
        deviation: (levels,) its standard deviation over seeds; None for a single one.
        note: after its name in the legend, such as its average precision.
    """

    name: str
    precision: np.ndarray
    deviation: np.ndarray | None
    note: str


def precision_recall(curves: Sequence[Curve], recall: np.ndarray, *, title: str) -> Figure:
    """Draw at most about eight curves.

    Args:
        curves: with a precision for each level.
        recall: (levels,) ascending.
        title: of the figure.
    """
    figure, (axes,) = style.new_figure(title, x="recall", y="precision", width=7.6)
    with style.look():
        for number, (curve, name) in enumerate(
            zip(curves, drawn_names.drawn([one.name for one in curves]), strict=True)
        ):
            color = style.COLORS[number % len(style.COLORS)]
            axes.plot(
                recall,
                curve.precision,
                color=color,
                linestyle=style.LINES[number % len(style.LINES)],
                marker=style.MARKERS[number % len(style.MARKERS)],
                markevery=(4 * number % 20, 40),
                markersize=4,
                label=f"{name} ({curve.note})",
            )
            if curve.deviation is not None:
                low, high = curve.precision - curve.deviation, curve.precision + curve.deviation
                axes.fill_between(recall, np.clip(low, 0, 1), np.clip(high, 0, 1), color=color, alpha=0.2, linewidth=0)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
    return figure
