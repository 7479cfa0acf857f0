"""Norms of perturbations are of one example each, whatever the size of the numbers."""

import pytest
import torch

from tunesmith.regularizers.perturbation import direction, norms


@pytest.mark.parametrize("size", [1e-30, 1e-3, 1e30])
def test_directions_have_norm_1_or_are_zero(size):
    gradient = torch.randn(3, 4, 5) * size
    gradient[1] = 0
    found = direction(gradient)
    exact = gradient.double() / gradient.double().pow(2).sum((1, 2), keepdim=True).sqrt()
    torch.testing.assert_close(found[[0, 2]], exact[[0, 2]].float())
    assert torch.equal(found[1], torch.zeros(4, 5))
    assert norms(found).flatten().tolist() == pytest.approx([1, 0, 1])
