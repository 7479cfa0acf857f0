"""The pictures and shaded texts of a window."""

from collections.abc import Iterator

import numpy as np

from tunesmith.attention.rollout import rollout
from tunesmith.attention.shading import ShadedText, shaded
from tunesmith.attention.windows import Window
from tunesmith.documents.document import Picture
from tunesmith.errors.messages import one_line
from tunesmith.figures import attention as figures

_NAME_WIDTH = 36  # characters of a name in a title
_MEAN = "Each row sums to 1: the weights of one token that looks. Mean of the layer's heads."
_ROLLOUT = (
    "Abnar & Zuidema (2020): the product over all layers of half attention, averaged over heads, and half identity. A row "
    "says how much of each input token reaches a token of the last layer, and sums to 1."
)


def texts(window: Window) -> list[ShadedText]:
    """The text shaded by rollout and by the last layer, for each of the window's sources."""
    mean, joint = window.weights.mean(1), _rollout(window)
    found = []
    for name, places in window.sources.items():
        found.append(shaded(f"Rollout from {name}", joint[places].mean(0), window))
        title = f"Last layer, mean of its heads, from {name}"
        found.append(shaded(title, mean[-1, places].mean(0), window))
    return found


def summary(window: Window, *, prefix: str) -> Iterator[Picture]:
    """All heads at a glance, where each source looks, and rollout.

    Args:
        window: what was looked at.
        prefix: of the names of files.
    """
    labels, last = [token.text for token in window.tokens], len(window.weights)
    blocks = len(labels) > figures.overview_pixels(*window.weights.shape[:2])
    yield Picture(
        f"{prefix}-heads",
        "Every head of every layer",
        figures.overview(window.weights, title="Every head of every layer"),
        "From top to bottom the tokens that look, from left to right those that are looked at, in the text's order."
        + (" There are more tokens than pixels: a pixel is the largest weight of a block of tokens." if blocks else ""),
    )
    for number, (name, places) in enumerate(window.sources.items(), start=1):
        rows = window.weights[:, :, places].mean(2)  # (layers, heads, tokens)
        title = f"Where {one_line(name, _NAME_WIDTH)} looks"
        yield Picture(
            f"{prefix}-looks-{number}",
            title,
            figures.rows(rows.mean(1), rows[-1], labels, title=title, layer=last, parts=window.parts),
            f"Attention of {name}: each layer, averaged over heads, and each head of the last layer."
            + (" Mean of its tokens." if len(places) > 1 else ""),
        )
    title = "Attention rollout"
    yield Picture(
        f"{prefix}-rollout",
        title,
        figures.matrix(_rollout(window), labels, title=title, parts=window.parts, unit="share of the input token"),
        _ROLLOUT + (" With a causal mask nothing reaches a token from a later one." if window.causal else ""),
    )


def layers(window: Window, *, prefix: str, layer: int | None, head: int | None) -> Iterator[Picture]:
    """The mean of each layer's heads; the heads themselves if a layer or a head is chosen.

    Args:
        window: what was looked at.
        prefix: of the names of files.
        layer: number of the only layer, from 1; None for all.
        head: number of the only head, from 1; None for all of the chosen layer.
    """
    labels = [token.text for token in window.tokens]
    count, heads = window.weights.shape[:2]
    for number in range(1, count + 1) if layer is None else [layer]:
        if head is None:
            title = f"Layer {number}, mean of its heads"
            mean = window.weights[number - 1].mean(0)
            drawn = figures.matrix(mean, labels, title=title, parts=window.parts, unit="attention weight")
            yield Picture(f"{prefix}-layer-{number:02}", title, drawn, _MEAN)
        chosen = range(1, heads + 1) if layer is not None and head is None else [head] if head is not None else []
        for own in chosen:
            title = f"Layer {number}, head {own}"
            weights = window.weights[number - 1, own - 1]
            drawn = figures.matrix(weights, labels, title=title, parts=window.parts, unit="attention weight")
            caption = "Each row sums to 1: the weights of one token that looks."
            yield Picture(f"{prefix}-layer-{number:02}-head-{own:02}", title, drawn, caption)


def _rollout(window: Window) -> np.ndarray:
    return rollout(list(window.weights.mean(1)))
