"""Attention weights drawn: all heads at a glance, and one matrix with its tokens on the axes.

Most weights are near zero, so colours follow their square root. Of an image with more tokens than pixels, each pixel is the
largest weight of a block: a mean would hide the thin diagonals that heads look along.
"""

import functools
import unicodedata
from collections.abc import Sequence

import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from tunesmith.figures import style

LABELLED = 60  # tokens of which each has its label
_LABELS = 40  # labels of an axis with more tokens
_PIXELS = 256  # of a side of a matrix
_OVERVIEW_PIXELS = 160_000  # of all heads together
_LABEL_WIDTH = 14  # characters
_INCHES = 0.16  # of a labelled token
_TO_THE_LEFT = ("R", "AL")  # scripts that matplotlib would draw from the wrong side


def overview(weights: np.ndarray, *, title: str) -> Figure:
    """Every head of every layer as a small image: queries from top to bottom, keys from left to right.

    Args:
        weights: (layers, heads, tokens, tokens).
        title: of the figure.
    """
    layers, heads, *_ = weights.shape
    side = overview_pixels(layers, heads)
    small = [[blocks(weights[layer, head], side) for head in range(heads)] for layer in range(layers)]
    pixels = len(small[0][0])
    gap = max(1, pixels // 12)
    step = pixels + gap
    canvas = np.full((layers * step - gap, heads * step - gap), np.nan)
    for layer, row in enumerate(small):
        for head, image in enumerate(row):
            canvas[layer * step : layer * step + pixels, head * step : head * step + pixels] = image
    inch = float(np.clip(9.0 / max(heads, 6), 0.5, 1.2))
    figure, (axes,) = style.new_figure(
        title, x="head", y="layer", width=1.9 + inch * heads, height=1.3 + inch * max(layers, 2)
    )
    with style.look():
        _draw(figure, axes, canvas, largest=float(weights.max()))
        axes.set_xticks(np.arange(heads) * step + (pixels - 1) / 2, [str(head + 1) for head in range(heads)])
        axes.set_yticks(np.arange(layers) * step + (pixels - 1) / 2, [str(layer + 1) for layer in range(layers)])
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
    return figure


def overview_pixels(layers: int, heads: int) -> int:
    """Of a side of a head's image in `overview`: fewer for a model of many heads, so that the image stays small."""
    return int(np.clip((_OVERVIEW_PIXELS / (layers * heads)) ** 0.5, 8, 48))


def matrix(weights: np.ndarray, tokens: Sequence[str], *, title: str, parts: Sequence[int] = (), unit: str) -> Figure:
    """Queries from top to bottom, keys from left to right, with the tokens on both axes.

    Args:
        weights: (tokens, tokens).
        tokens: as people read them.
        title: of the figure.
        parts: tokens before which another text begins, where lines are drawn.
        unit: what a weight is.
    """
    inches = _inches(len(tokens))
    figure, (axes,) = style.new_figure(
        title, x="token that is looked at", y="token that looks", width=inches + 1.9, height=inches + 1.2
    )
    with style.look():
        _draw(figure, axes, weights, largest=float(weights.max()), unit=unit)
        _label(axes, tokens, "x")
        _label(axes, tokens, "y")
        for part in parts:
            axes.axvline(part - 0.5, color=style.COLORS[1], linestyle="--", linewidth=1)
            axes.axhline(part - 0.5, color=style.COLORS[1], linestyle="--", linewidth=1)
    return figure


def rows(
    above: np.ndarray, below: np.ndarray, tokens: Sequence[str], *, title: str, layer: int, parts: Sequence[int] = ()
) -> Figure:
    """Where a token looks: layer by layer, averaged over heads; and below it head by head in one layer.

    Args:
        above: (layers, tokens).
        below: (heads, tokens) of a layer.
        tokens: as people read them.
        title: of the figure.
        layer: number of that layer, from 1.
        parts: tokens before which another text begins, where lines are drawn.
    """
    height = 1.9 + 0.22 * (len(above) + len(below)) + 0.9
    figure, both = style.new_figure(
        title, x="token that is looked at", y="layer", width=_inches(len(tokens)) + 1.9, height=height, rows=2
    )
    with style.look():
        for axes, weights in zip(both, (above, below), strict=True):
            _draw(figure, axes, weights, largest=float(weights.max()), square=False)
            axes.set_yticks(range(len(weights)), [str(number + 1) for number in range(len(weights))])
            for part in parts:
                axes.axvline(part - 0.5, color=style.COLORS[1], linestyle="--", linewidth=1)
        both[0].set_title("each layer, mean of its heads", fontsize=9)
        both[0].set_xlabel("")
        both[0].set_xticks([])
        _label(both[1], tokens, "x")
        both[1].set_title(f"each head of layer {layer}", fontsize=9)
        both[1].set_ylabel("head")
    return figure


def blocks(weights: np.ndarray, most: int) -> np.ndarray:
    """A matrix with at most so many rows and columns: each value is the largest of a block."""
    for axis in (0, 1):
        size = -(-weights.shape[axis] // most)
        if size > 1:
            weights = np.maximum.reduceat(weights, np.arange(0, weights.shape[axis], size), axis=axis)
    return weights


def _draw(
    figure: Figure,
    axes: Axes,
    weights: np.ndarray,
    *,
    largest: float,
    unit: str = "attention weight",
    square: bool = True,
) -> None:
    """The image, in units of tokens, with its scale."""
    height, width = weights.shape
    image = weights if np.isnan(weights).any() else blocks(weights, _PIXELS)
    vertical, horizontal = -(-height // image.shape[0]), -(-width // image.shape[1])
    shown = axes.imshow(
        np.ma.masked_invalid(image),
        norm=PowerNorm(0.5, vmin=0.0, vmax=largest or 1.0),
        interpolation="none",
        aspect="equal" if square else "auto",
        extent=(-0.5, image.shape[1] * horizontal - 0.5, image.shape[0] * vertical - 0.5, -0.5),
    )
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    axes.grid(False)
    scale = figure.colorbar(shown, ax=axes, shrink=0.8 if square else 1.0)
    scale.set_label(unit)
    scale.outline.set_visible(False)


def _label(axes: Axes, tokens: Sequence[str], which: str) -> None:
    """Each token, or every n-th of many, with its number."""
    every = 1 if len(tokens) <= LABELLED else -(-len(tokens) // _LABELS)
    places = range(0, len(tokens), every)
    labels = [
        drawable(tokens[place], place) if every == 1 else f"{place + 1} {drawable(tokens[place], place)}"
        for place in places
    ]
    if which == "x":
        axes.set_xticks(places, labels, rotation=90, fontsize=7)
    else:
        axes.set_yticks(places, labels, fontsize=7)


def drawable(token: str, place: int) -> str:
    """A token cut to the width of a label; its number, such as #7, if the font lacks a character or writes it reversed."""
    known = all(ord(letter) in _letters() and unicodedata.bidirectional(letter) not in _TO_THE_LEFT for letter in token)
    if not known:
        return f"#{place + 1}"
    return token if len(token) <= _LABEL_WIDTH else token[: _LABEL_WIDTH - 1] + "…"


@functools.cache
def _letters() -> frozenset[int]:
    """The characters that the font of all figures has."""
    return frozenset(font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap())


def _inches(tokens: int) -> float:
    """Width of an axis on which each token of a short text has room for its label."""
    return float(np.clip(_INCHES * min(tokens, LABELLED), 2.6, 7.2 if tokens > LABELLED else _INCHES * LABELLED))
