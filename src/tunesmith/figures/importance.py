"""How important each setting is for a score: the share of the score's variance that it explains on its own."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from tunesmith.figures import style
from tunesmith.figures.labels import shortened_key

MOST = 15  # bars


def importance(shares: Mapping[str, float], *, title: str) -> Figure:
    """A bar for each setting, the most important on top.

    Args:
        shares: of the variance, by setting; the 15 largest are drawn.
        title: of the figure.
    """
    drawn = sorted(shares.items(), key=lambda item: -item[1])[:MOST]
    figure, (axes,) = style.new_figure(title, x="share of the variance", y="setting", height=1.5 + 0.3 * len(drawn))
    with style.look():
        bars = axes.barh(
            [shortened_key(key, 40) for key, _ in drawn], [share for _, share in drawn], color=style.COLORS[0]
        )
        axes.bar_label(bars, labels=[f"{share:.2f}" for _, share in drawn], padding=3)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.08 * max(share for _, share in drawn))
    return figure
