"""Embedding metrics against the formulas of Wang & Isola (2020), one pair at a time."""

from itertools import combinations

import numpy as np
import pytest
import torch

from tunesmith.metrics import embeddings


@pytest.fixture
def points():
    return np.random.default_rng(1).normal(size=(30, 5))


def directions(points):
    return points / np.sqrt((points**2).sum(1, keepdims=True))


def test_alignment_and_cosine(points):
    first, second = directions(points[:15]), directions(points[15:])
    expected = np.mean([((x - y) ** 2).sum() for x, y in zip(first, second, strict=True)])
    assert embeddings.alignment(points[:15], points[15:]) == pytest.approx(expected)
    reference = torch.nn.functional.cosine_similarity(torch.tensor(points[:15]), torch.tensor(points[15:]))
    np.testing.assert_allclose(embeddings.cosine(points[:15], points[15:]), reference.numpy())


@pytest.mark.parametrize("block", [1, 7, 30, 1024])
def test_uniformity_in_blocks(points, block, monkeypatch):
    monkeypatch.setattr(embeddings, "_BLOCK", block)
    pairs = combinations(directions(points), 2)
    expected = np.log(np.mean([np.exp(-2 * ((x - y) ** 2).sum()) for x, y in pairs]))
    assert embeddings.uniformity(points) == pytest.approx(expected)
    distances = torch.pdist(torch.tensor(directions(points)))  # as in the paper's listing
    assert embeddings.uniformity(points) == pytest.approx(distances.pow(2).mul(-2).exp().mean().log().item())


def test_the_cosine_with_a_zero_vector_is_zero():
    assert embeddings.cosine(np.zeros(3), np.ones(3)) == 0
