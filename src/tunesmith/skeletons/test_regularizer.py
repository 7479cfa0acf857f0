"""The penalty against its formula."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tunesmith.skeletons.regularizer import Skeleton


def test_the_penalty_is_the_mean_square() -> None:
    step: Any = SimpleNamespace(plain=SimpleNamespace(hidden=torch.tensor([[[3.0, 4.0], [0.0, 1.0]]])))
    penalty = Skeleton(strength=0.5).penalty(step)
    assert penalty is not None and penalty.item() == pytest.approx(0.5 * (9 + 16 + 0 + 1) / 4)


def test_without_strength_there_is_no_penalty() -> None:
    step: Any = SimpleNamespace()
    assert Skeleton(strength=0.0).penalty(step) is None
