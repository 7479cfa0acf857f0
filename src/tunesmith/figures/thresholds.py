"""Scores against the threshold above which a question is left unanswered (SQuAD 2.0; Rajpurkar et al., 2018)."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from tunesmith.figures import style


def thresholds(
    values: np.ndarray, scores: Mapping[str, tuple[np.ndarray, np.ndarray | None]], *, best: float, title: str
) -> Figure:
    """Draw a line for each score.

    Args:
        values: (thresholds,) ascending.
        scores: by name, the means at each threshold, and their standard deviations over seeds, None for one.
        best: the threshold that is marked.
        title: of the figure.
    """
    label = "threshold of the null odds (score of no answer - score of the best answer)"
    figure, (axes,) = style.new_figure(title, x=label, y="score (0 to 1)")
    with style.look():
        for number, (name, (means, deviation)) in enumerate(scores.items()):
            color = style.COLORS[number]
            axes.plot(values, means, color=color, linestyle=style.LINES[number], label=name, drawstyle="steps-post")
            if deviation is not None:
                axes.fill_between(
                    values, means - deviation, means + deviation, color=color, alpha=0.2, linewidth=0, step="post"
                )
        axes.axvline(best, color=style.COLORS[7], linestyle=":", label=f"best for F1 ({best:.3g})")
        axes.set_ylim(-0.02, 1.02)
        axes.legend(fontsize=8)
    return figure
