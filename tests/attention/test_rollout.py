"""Rollout against sums over all paths of attention, and the paper's properties."""

import itertools

import numpy as np
import pytest

from tunesmith.attention.rollout import rollout


def attention(layers, tokens, *, causal=False):
    numbers = np.random.default_rng(layers).random((layers, tokens, tokens)) ** 4
    numbers = np.tril(numbers) if causal else numbers
    return numbers / numbers.sum(-1, keepdims=True)


@pytest.mark.parametrize("causal", [False, True])
def test_it_is_the_sum_over_all_paths_of_half_attention_and_half_identity(causal):
    layers = attention(3, 4, causal=causal)
    expected = np.zeros((4, 4))
    for first, second, third, last in itertools.product(range(4), repeat=4):  # first: in the embeddings
        weight = 1.0
        for layer, (source, target) in enumerate(((first, second), (second, third), (third, last))):
            weight *= 0.5 * layers[layer, target, source] + 0.5 * (source == target)
        expected[last, first] += weight
    found = rollout(list(layers))
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_allclose(found.sum(1), 1)
    assert not causal or np.array_equal(found, np.tril(found))


def test_layers_that_attend_to_themselves_only_change_nothing():
    assert np.array_equal(rollout([np.eye(3)] * 5), np.eye(3))
