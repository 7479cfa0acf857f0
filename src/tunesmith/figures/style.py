"""The look of all figures, and their files: the same runs give the same bytes."""

import contextlib
import html
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tunesmith.storage import files

# Okabe and Ito's palette, which people with any colour blindness tell apart; yellow is left out, for it is too pale on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#8C6BB1", "#5C5C5C")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", "-.", ":")
SEQUENTIAL = "cividis"  # a colour map that reads the same with any colour blindness
INK = "#1b1b1f"  # text and axes; the page draws it in its own colour, light or dark
_DPI = 144
_LOOK: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so it looks the same everywhere
    "font.size": 9,
    "grid.alpha": 0.15,
    "grid.color": INK,
    "image.cmap": SEQUENTIAL,
    "legend.frameon": False,
    "savefig.transparent": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "tunesmith",
    "text.color": INK,
    "text.parse_math": False,  # a label with dollar signs is a text
    "text.usetex": False,
    "xtick.color": INK,
    "ytick.color": INK,
}


@contextlib.contextmanager
def look() -> Iterator[None]:
    """Draw with the look of the report, whatever the user's own matplotlibrc says; inside it, make axes and texts."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_LOOK)
        yield


def new_figure(
    title: str, *, x: str, y: str, width: float = 6.4, height: float = 4.0, rows: int = 1, columns: int = 1
) -> tuple[Figure, list[Axes]]:
    """A figure and its axes, row by row.

    Args:
        title: of the figure.
        x: label of each horizontal axis, with its unit.
        y: label of each vertical axis, with its unit.
        width: in inches.
        height: in inches.
        rows: of axes.
        columns: of axes.
    """
    with look():
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        axes = list(figure.subplots(rows, columns, squeeze=False).flat)
        figure.suptitle(title, fontsize=11)
        for axis in axes:
            axis.set_xlabel(x)
            axis.set_ylabel(y)
    return figure, axes


def svg(figure: Figure, *, name: str, title: str) -> str:
    """The figure as SVG for a page: its ink is the colour of the text around it.

    Args:
        figure: made by `new_figure`.
        name: before all names within the SVG, since several figures share a page.
        title: for those who hear the page.
    """
    text = io.StringIO()
    with _arranged(figure):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    _, _, body = text.getvalue().partition("<svg")
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)  # labels, which are drawn anyway
    for mark in ('id="', 'href="#', "url(#"):
        body = body.replace(mark, f"{mark}{name}-")
    return f'<svg role="img" aria-label="{html.escape(title)}"{body}'.replace(INK, "currentColor")


def save(figure: Figure, folder: Path, name: str, *, endings: Sequence[str] = ("pdf", "png")) -> list[Path]:
    """Write NAME.pdf and NAME.png, or one of them, without the time or the version of anything in them."""
    written = []
    for ending, metadata in (
        ("pdf", {"CreationDate": None, "Producer": None, "Creator": None}),
        ("png", {"Software": None}),
    ):
        if ending not in endings:
            continue
        content = io.BytesIO()
        with _arranged(figure):
            background = None if ending == "pdf" else "white"
            figure.savefig(content, format=ending, dpi=_DPI, metadata=metadata, facecolor=background, transparent=False)
        written.append(folder / f"{name}.{ending}")
        files.write_bytes(written[-1], content.getvalue())
    return written


@contextlib.contextmanager
def _arranged(figure: Figure) -> Iterator[None]:
    """Place everything once: laying out again from where it is moves it by fractions of a point, and takes longer."""
    with look():
        if figure.get_layout_engine() is not None:
            figure.draw_without_rendering()
        # Without an engine `savefig` draws once, and not a second time to arrange what it draws.
        with mpl.rc_context({"figure.constrained_layout.use": False}):
            figure.set_layout_engine(None)
            yield
