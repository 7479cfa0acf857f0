"""A text with each token shaded by how much is looked at it, which can be read at any length."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tunesmith.attention.tokens import Token
from tunesmith.attention.windows import Window

_NAMED = 5  # tokens with the largest weights


@dataclass(frozen=True)
class Shade:
    """A token with its shade.

    Attributes:
        token: with its text.
        number: of the token in its window, from 1.
        weight: how much is looked at it.
        strength: of its shade, from 0 to 1.
    """

    token: Token
    number: int
    weight: float
    strength: float


@dataclass(frozen=True)
class ShadedText:
    """A window's text.

    Attributes:
        title: who looks.
        paragraphs: the tokens of each text, with the special tokens beside it.
        most: the tokens with the largest weights, and what the strongest shade stands for, in words.
    """

    title: str
    paragraphs: list[list[Shade]]
    most: str


def shaded(title: str, weights: np.ndarray, window: Window) -> ShadedText:
    """A window's text, shaded.

    The strongest shade is that of the token of the texts with the largest weight. Special tokens and, with a causal mask,
    the first token often have much more (Clark et al., 2019; Xiao et al., 2024): they get no stronger shade than that.

    Args:
        title: who looks.
        weights: (tokens,).
        window: with these tokens.
    """
    plain = [
        place for place, token in enumerate(window.tokens) if not token.special and not (window.causal and place == 0)
    ]
    top = float(weights[plain].max()) if plain else float(weights.max())
    shades = [
        Shade(token, place + 1, float(weights[place]), min(1.0, float(weights[place]) / top) if top else 0.0)
        for place, token in enumerate(window.tokens)
    ]
    paragraphs, begin = [], 0
    for end in (*window.parts, len(shades)):
        paragraphs.append(shades[begin:end])
        begin = end
    scale = f"The strongest shade is {top:.4f}; spread evenly, each token would have {weights.mean():.4f}."
    return ShadedText(title, paragraphs, f"Most: {_most(shades)}. {scale}")


def _most(shades: Sequence[Shade]) -> str:
    largest = sorted(shades, key=lambda shade: (-shade.weight, shade.number))[:_NAMED]
    return ", ".join(f"{shade.token.text} (token {shade.number}) {shade.weight:.3f}" for shade in largest)
