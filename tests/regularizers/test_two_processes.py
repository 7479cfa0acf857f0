"""Two processes train like one with what changes weights, gradients or what is evaluated; without dropout, so that they can."""

import numpy as np
import pytest

from tests.distributed.test_workers import history, no_dropout, run_of

CHOICES = {
    "freeze": ["layers=1"],
    "reinit": [],
    "l2sp": [],
    "mixout": ["probability=1"],  # the only mask that both draw
    "child_tuning": ["mode=task_driven"],
    "ema": ["decay=0.7"],
    "swa": ["start=0.25"],
    "gradual_unfreezing": [],
}


@pytest.mark.parametrize("choice", CHOICES)
def test_two_processes_train_like_one(choice, tmp_path):
    settings = [f"regularization.{choice}.{setting}" for setting in CHOICES[choice]]
    words = [f"regularization=[standard,{choice}]", *settings, "trainer.max_epochs=2", "dataset.size=97", *no_dropout()]
    (names, before), (_, after) = (history(run_of(tmp_path, words, devices)) for devices in (1, 2))
    ranked = [name not in ("validation/roc_auc", "validation/average_precision") for name in names]  # may be ties
    np.testing.assert_allclose(after[:, ranked], before[:, ranked], rtol=5e-5, atol=5e-6)
