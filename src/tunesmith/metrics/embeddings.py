"""Intrinsic quality of embeddings: similarity, alignment and uniformity (Wang & Isola, 2020).

All functions compute in float64 on embeddings of shape (..., width), which they normalise first.
"""

import sys

import numpy as np

_BLOCK = 1024  # rows whose distances to all others are in memory at once


def normalised(embeddings: np.ndarray) -> np.ndarray:
    """The embeddings scaled to unit length."""
    wide = embeddings.astype(np.float64)
    length = np.linalg.norm(wide, axis=-1, keepdims=True)
    return np.asarray(wide / np.maximum(length, sys.float_info.min))


def cosine(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Cosine similarity of each pair, (...)."""
    return np.asarray((normalised(first) * normalised(second)).sum(-1))


def alignment(first: np.ndarray, second: np.ndarray) -> float:
    """Mean squared distance within positive pairs, (pairs, width) each: alpha = 2 in the paper."""
    return float(np.square(normalised(first) - normalised(second)).sum(-1).mean())


def uniformity(embeddings: np.ndarray) -> float:
    """Logarithm of the mean of exp(-2 |x - y|^2) over all pairs of distinct rows: t = 2 in the paper.

    Args:
        embeddings: (texts, width), two or more.
    """
    points = normalised(embeddings)
    total = 0.0
    for start in range(0, len(points), _BLOCK):
        block, later = points[start : start + _BLOCK], points[start + _BLOCK :]
        total += _kernel(block, later).sum()
        total += np.triu(_kernel(block, block), k=1).sum()
    return float(np.log(total / (len(points) * (len(points) - 1) / 2)))


def _kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    # For unit vectors, |x - y|^2 = 2 - 2 x.y
    return np.asarray(np.exp(-2 * (2 - 2 * first @ second.T)))
