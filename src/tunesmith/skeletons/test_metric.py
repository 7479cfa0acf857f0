"""The metric against torchmetrics' error of numbers, whose examples come at once."""

import numpy as np
import pytest
import torch
from torchmetrics.functional import mean_absolute_error

from tunesmith.skeletons.metric import Skeleton


def test_it_is_the_mean_absolute_error_of_label_ids() -> None:
    generator = np.random.default_rng(0)
    target, preds = (torch.from_numpy(generator.integers(0, 5, 40)) for _ in range(2))
    metric = Skeleton()
    metric.update(preds[:13], target[:13])
    metric.update(preds[13:], target[13:])
    assert float(metric.compute()) == pytest.approx(float(mean_absolute_error(preds.double(), target.double())))
