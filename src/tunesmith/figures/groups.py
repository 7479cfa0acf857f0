"""Scores of groups of examples side by side: by type, by length, by question word."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from tunesmith.figures import drawn_names, style

NAME_WIDTH = 18  # characters of a group's name; `drawn_names.key` with it says what the numbers stand for


def groups(
    names: Sequence[str],
    counts: Sequence[int],
    scores: Mapping[str, Sequence[tuple[float, float | None]]],
    *,
    title: str,
    x: str,
    y: str,
) -> Figure:
    """A point for each group and score, with the number of examples below the group's name.

    Args:
        names: of the groups, at most about a dozen.
        counts: number of examples of each group.
        scores: by name, at most about four: for each group the mean and its standard deviation over seeds, None for one.
        title: of the figure.
        x: what groups the examples.
        y: the score, with its unit.
    """
    figure, (axes,) = style.new_figure(title, x=x, y=y, width=max(4.8, min(2.2 + 0.7 * len(names), 10.5)), height=3.8)
    with style.look():
        places = np.arange(len(names))
        for number, (score, values) in enumerate(scores.items()):
            shift = 0.16 * (number - (len(scores) - 1) / 2)
            axes.errorbar(
                places + shift,
                [mean for mean, _ in values],
                yerr=None if values[0][1] is None else [deviation or 0.0 for _, deviation in values],
                fmt=style.MARKERS[number],
                color=style.COLORS[number],
                capsize=3,
                label=score,
            )
        shown = drawn_names.drawn(names, width=NAME_WIDTH)
        turned = any(len(name) > 10 for name in shown)
        texts = [f"{name}{' ' if turned else chr(10)}({count:,})" for name, count in zip(shown, counts, strict=True)]
        axes.set_xticks(places, texts)
        if turned:
            axes.tick_params(axis="x", rotation=45)
            for text in axes.get_xticklabels():
                text.set(ha="right", rotation_mode="anchor")
        axes.set_xlim(-0.6, len(names) - 0.4)
        axes.set_ylim(-0.03, 1.03)
        if len(scores) > 1:
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
    return figure
