"""Masks have the probability that they say, independently of one another."""

import pytest
import torch

from tunesmith.regularizers.random_mask import random_mask, rounded


@pytest.mark.parametrize("probability", [0.0, 2**-10, 0.3, 0.5, 0.9, 1.0])
def test_the_probability(probability):
    count = 400_001  # no multiple of four
    mask = random_mask(torch.empty(count), probability, generator=torch.Generator().manual_seed(1))
    deviation = (probability * (1 - probability) / count) ** 0.5
    assert mask.shape == (count,) and mask.dtype == torch.bool
    assert abs(mask.double().mean().item() - probability) <= 5 * deviation
    assert rounded(probability) == pytest.approx(probability, abs=2**-17)


def test_neighbours_are_independent():
    mask = random_mask(torch.empty(4, 100_000), 0.3, generator=torch.Generator().manual_seed(2)).double().flatten()
    for distance in (1, 2, 3, 4, 5):
        both = (mask[distance:] * mask[:-distance]).mean().item()
        assert both == pytest.approx(0.09, abs=5 * (0.09 * 0.91 / len(mask)) ** 0.5)


def test_a_generator_decides_and_shapes_are_kept():
    first, again = (
        random_mask(torch.empty(3, 5, 2), 0.5, generator=torch.Generator().manual_seed(3)) for _ in range(2)
    )
    assert first.shape == (3, 5, 2) and torch.equal(first, again)
    torch.manual_seed(4)
    one, two = (random_mask(torch.empty(100), 0.5) for _ in range(2))
    assert not torch.equal(one, two)
