"""The mean equals torch's AveragedModel over the same steps."""

import pytest
import torch
from torch.optim.swa_utils import AveragedModel

from tests.conftest import checked
from tests.regularizers.modules import module_of
from tests.regularizers.resuming import assert_resumes
from tunesmith.errors import UserError
from tunesmith.regularizers.swa import StochasticWeightAveraging


@pytest.mark.parametrize(
    "start,every,steps",
    [(0.0, 1, range(1, 11)), (0.75, 1, (8, 9, 10)), (0.5, 2, (5, 7, 9)), (1.0, 1, (10,))],
)
def test_the_mean_equals_torchs(start, every, steps, monkeypatch):
    regularizer = StochasticWeightAveraging(start=start, every_n_steps=every)
    module, batch = module_of(regularizer, dtype=torch.float64)
    module.total_steps = 10
    regularizer.on_fit_start(None, module)
    reference, optimizer = AveragedModel(module), torch.optim.SGD(module.parameters(), lr=0.5)
    for step in range(1, 11):
        optimizer.zero_grad()
        module.training_step(batch, 0).backward()
        optimizer.step()
        monkeypatch.setattr(type(module), "global_step", step - 1)  # during Lightning's hook
        regularizer.after_update(module)
        if step in steps:
            reference.update_parameters(module)
        assert bool(regularizer.evaluation_weights()) == (step >= min(steps))
    expected = dict(reference.module.named_parameters())
    found = regularizer.evaluation_weights()
    assert len(found) > 10
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name], msg=name)


@pytest.mark.parametrize("hook,call", [("on_train_batch_start", 5), ("on_validation_batch_start", 0)])
def test_a_resumed_run_continues_the_mean(hook, call, tmp_path, monkeypatch):
    words = ["regularization=[standard,swa]", "regularization.swa.start=0.25", "dataset.eval_batch_size=8"]
    assert_resumes(words, tmp_path, monkeypatch, cuts=[(hook, call)])


def test_two_averages_are_refused():
    with pytest.raises(
        UserError, match="contradict each other: each evaluates its own average of the weights; drop one"
    ):
        checked(["regularization=[standard,ema,swa]"])
