"""A reliability diagram (DeGroot & Fienberg, 1983; Guo et al., 2017): accuracy against confidence, by bin."""

import numpy as np
from matplotlib.figure import Figure

from tunesmith.figures import style


def reliability(examples: np.ndarray, confidence: np.ndarray, accuracy: np.ndarray, *, title: str) -> Figure:
    """Accuracy of each bin that has examples, and below it how many it has.

    Args:
        examples: (bins,) number in each of the bins of equal width between 0 and 1.
        confidence: (bins,) mean probability of their predictions; ignored where there are none.
        accuracy: (bins,) share of them that are right; ignored where there are none.
        title: of the figure.
    """
    bins, occur = len(examples), examples > 0
    figure, (upper, lower) = style.new_figure(title, x="confidence", y="accuracy", rows=2, width=5.2, height=4.8)
    with style.look():
        grid = upper.get_gridspec()
        assert grid is not None  # subplots have one
        grid.set_height_ratios([3, 1])
        upper.set_xlabel("")
        upper.plot([0, 1], [0, 1], color=style.COLORS[7], linestyle="--", label="calibrated")
        middle, gap = confidence[occur], accuracy[occur]
        upper.vlines(
            middle, np.minimum(middle, gap), np.maximum(middle, gap), color=style.COLORS[1], linewidth=2, alpha=0.6
        )
        upper.plot(middle, gap, color=style.COLORS[0], marker="o", label="model")
        lower.bar((np.arange(bins) + 0.5) / bins, examples, width=0.9 / bins, color=style.COLORS[0])
        lower.set_xlabel("confidence (largest probability)")
        lower.set_ylabel("examples")
        for axes in (upper, lower):
            axes.set_xlim(0, 1)
        upper.set_ylim(0, 1.02)
        upper.legend(loc="upper left", fontsize=8)
    return figure
