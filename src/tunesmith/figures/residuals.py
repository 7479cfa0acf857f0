"""Predicted numbers against true numbers, and the distribution of their differences."""

import numpy as np
from matplotlib.figure import Figure

from tunesmith.figures import style

_BINS = 40


def residuals(targets: np.ndarray, predictions: np.ndarray, *, title: str) -> Figure:
    """Draw a scatter plot, and a histogram of predictions minus targets.

    Args:
        targets: (examples,) finite.
        predictions: (examples,) finite.
        title: of the figure.
    """
    figure, (left, right) = style.new_figure(title, x="label", y="prediction", columns=2, width=7.4, height=3.6)
    with style.look():
        opacity = float(np.clip(200 / max(len(targets), 1), 0.03, 0.6))
        # As an image: a PDF of 200,000 marks would take minutes to open.
        left.scatter(targets, predictions, s=10, alpha=opacity, color=style.COLORS[0], linewidths=0, rasterized=True)
        low, high = min(targets.min(), predictions.min()), max(targets.max(), predictions.max())
        left.plot([low, high], [low, high], color=style.COLORS[7], linestyle="--", label="prediction = label")
        left.legend(loc="upper left", fontsize=8)
        differences = predictions - targets
        edges = np.linspace(differences.min(), differences.max(), _BINS + 1)
        if edges[0] == edges[-1]:
            edges = edges[0] + np.linspace(-0.5, 0.5, _BINS + 1)
        right.hist(differences, bins=edges.tolist(), color=style.COLORS[0])
        right.axvline(0, color=style.COLORS[7], linestyle="--")
        right.set_xlabel("residual (prediction - label)")
        right.set_ylabel("examples")
    return figure
