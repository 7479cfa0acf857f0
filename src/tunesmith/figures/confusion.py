"""A confusion matrix: rows of true labels, columns of predicted labels."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tunesmith.figures import drawn_names, style

_DARK = 0.5  # share below which the colour map is dark, so that the text on it is white


def confusion(
    counts: np.ndarray, *, true: Sequence[str], predicted: Sequence[str], title: str, unit: str = "label"
) -> Figure:
    """Counts in cells whose colours are shares of their rows.

    Args:
        counts: (true labels, predicted labels), of at most about 20 each.
        true: names of the rows.
        predicted: names of the columns.
        title: of the figure.
        unit: what is predicted, in the labels of the axes.
    """
    rows, columns = counts.shape
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    size = (min(4.0 + 0.42 * columns, 11.0), min(3.2 + 0.34 * rows, 9.5))
    figure, (axes,) = style.new_figure(title, x=f"predicted {unit}", y=f"true {unit}", width=size[0], height=size[1])
    with style.look():
        axes.grid(False)
        image = axes.imshow(shares, vmin=0, vmax=1, cmap=style.SEQUENTIAL, aspect="auto")
        axes.set_xticks(range(columns), drawn_names.drawn(predicted), rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(rows), drawn_names.drawn(true))
        font = 9 if columns <= 10 else 6.5
        for row, column in np.argwhere(counts > 0).tolist():
            color = "white" if shares[row, column] < _DARK else "black"
            axes.text(column, row, _short(counts[row, column]), ha="center", va="center", color=color, fontsize=font)
        figure.colorbar(image, ax=axes, label=f"share of the true {unit}", fraction=0.05)
    return figure


def _short(count: float) -> str:
    """A count in at most five characters."""
    if count < 10_000:
        return f"{count:.0f}"
    return f"{count / 1_000:.0f}k" if count < 1_000_000 else f"{count / 1_000_000:.3g}M"
