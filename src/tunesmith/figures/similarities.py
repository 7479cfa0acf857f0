"""Distributions of cosine similarities, of pairs that mean the same and of others."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from tunesmith.figures import style

_BINS = 40


def similarities(values: Mapping[str, np.ndarray], *, title: str) -> Figure:
    """Draw a histogram for each group: its share of pairs in each of 40 bins between the smallest value and 1.

    Args:
        values: by name, (pairs,) each, finite, one or more.
        title: of the figure.
    """
    figure, (axes,) = style.new_figure(title, x="cosine similarity", y="share of the group's pairs")
    lowest = min(float(group.min()) for group in values.values())
    edges = np.linspace(max(min(lowest, 0.95), -1.0), 1.0, _BINS + 1)
    with style.look():
        for number, (name, group) in enumerate(values.items()):
            counts, _ = np.histogram(np.clip(group, -1, 1), bins=edges)
            color, line = style.COLORS[number], style.LINES[number]
            axes.stairs(
                counts / len(group), edges, color=color, linestyle=line, linewidth=1.6, label=f"{name} ({len(group):,})"
            )
            axes.stairs(counts / len(group), edges, color=color, alpha=0.15, fill=True)
        axes.legend(fontsize=8)
    return figure
