"""Attention rollout (Abnar & Zuidema, 2020): how much of each input token reaches each token of the last layer.

A layer mixes hidden states by its attention, averaged over heads, and adds them to its input: half attention, half
identity. The product of the layers follows the attention from the last layer down to the embeddings. It holds for causal
masks as it is: a product of lower triangular matrices is one, so no token has received anything from a later one.
"""

from collections.abc import Sequence

import numpy as np


def rollout(layers: Sequence[np.ndarray]) -> np.ndarray:
    """(tokens, tokens) for each token of the last layer the share of each input token; each row sums to 1.

    Args:
        layers: (tokens, tokens) each, lowest first: the mean of the heads' attention, whose rows sum to 1.
    """
    tokens = len(layers[0])
    joint = np.eye(tokens)
    for weights in layers:
        mixed = 0.5 * np.asarray(weights, dtype=np.float64) + 0.5 * np.eye(tokens)
        joint = mixed / mixed.sum(1, keepdims=True) @ joint
    return joint
