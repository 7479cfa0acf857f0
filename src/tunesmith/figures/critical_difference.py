"""Critical-difference diagram of average ranks (Demšar, 2006): a bar joins methods that the test does not tell apart."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tunesmith.figures import style
from tunesmith.figures.labels import shortened


def critical_difference(
    names: Sequence[str], ranks: np.ndarray, cliques: Sequence[Sequence[int]], difference: float, *, datasets: int
) -> Figure:
    """The diagram.

    Args:
        names: of the methods.
        ranks: average rank of each, (methods,); 1 is the best.
        cliques: indices of methods that are not told apart.
        difference: the critical one.
        datasets: number of datasets, for the title.
    """
    order = np.argsort(ranks, kind="stable")
    figure, (axes,) = style.new_figure(
        f"Average ranks over {datasets} datasets", x="average rank (1 is best)", y="", height=1.6 + 0.28 * len(names)
    )
    with style.look():
        for place, method in enumerate(order):
            axes.plot(ranks[method], place, style.MARKERS[0], color=style.COLORS[0])
        for number, clique in enumerate(clique for clique in cliques if len(clique) > 1):
            places = [int(np.flatnonzero(order == method)[0]) for method in clique]
            joined = [float(ranks[method]) for method in clique]
            height = len(names) + 0.2 + 0.35 * number
            axes.plot([min(joined), max(joined)], [height, height], color=style.INK, linewidth=3, solid_capstyle="butt")
            for rank, place in zip(joined, places, strict=True):
                axes.plot([rank, rank], [place, height], color=style.INK, linewidth=0.5, alpha=0.35)
        axes.plot([1, 1 + difference], [-1, -1], color=style.COLORS[1], linewidth=2)
        axes.annotate(
            f"critical difference {difference:.2f}",
            (1 + difference, -1),
            (4, 0),
            textcoords="offset points",
            va="center",
        )
        axes.set_yticks(range(len(names)), [shortened(names[method], 40) for method in order])
        axes.set_ylim(len(names) + 0.5 + 0.35 * len(cliques), -1.7)
    return figure
