"""The average equals torch's AveragedModel, and is what is evaluated, saved and resumed."""

import csv

import pytest
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from tests.conftest import checked
from tests.regularizers.modules import module_of
from tests.regularizers.resuming import assert_resumes
from tests.training.test_resume import WORDS
from tunesmith.regularizers.ema import ExponentialMovingAverage
from tunesmith.training.train import train


def trained(regularizer, reference, steps=6):
    """Train a module for some steps, updating the average of the regularizer and that of a reference."""
    module, batch = module_of(regularizer, dtype=torch.float64)
    regularizer.on_fit_start(None, module)
    reference = reference(module)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        module.training_step(batch, 0).backward()
        optimizer.step()
        regularizer.after_update(module)
        reference.update_parameters(module)
    return module, dict(reference.module.named_parameters())


def with_start(avg_fn=None, multi_avg_fn=None):
    def build(module):
        averaged = AveragedModel(module, avg_fn=avg_fn, multi_avg_fn=multi_avg_fn)
        averaged.update_parameters(module)  # its first update copies: here the weights that training starts from
        return averaged

    return build


def assert_equal(regularizer, reference):
    found = regularizer.evaluation_weights()
    assert len(found) > 10
    for name, value in found.items():
        torch.testing.assert_close(value, reference[name], msg=name)


@pytest.mark.parametrize("decay", [0.5, 0.7])
def test_the_average_equals_torchs(decay):
    regularizer = ExponentialMovingAverage(decay=decay)

    def averaged(average, weight, count):
        share = min(1 - 1 / (count + 1), decay)  # count includes the start
        return share * average + (1 - share) * weight

    _, reference = trained(regularizer, with_start(averaged))
    assert_equal(regularizer, reference)


def test_a_decay_that_is_never_limited_equals_torchs_own_formula():
    regularizer = ExponentialMovingAverage(decay=0.5)  # reached by the first step, 1 - 1/2
    _, reference = trained(regularizer, with_start(multi_avg_fn=get_ema_multi_avg_fn(0.5)))
    assert_equal(regularizer, reference)


def test_early_on_it_is_the_mean_of_all_weights():
    regularizer = ExponentialMovingAverage(decay=0.999)
    _, reference = trained(regularizer, with_start())  # torch's default is the mean
    assert_equal(regularizer, reference)


def test_decay_zero_gives_the_weights_themselves():
    regularizer = ExponentialMovingAverage(decay=0.0)
    module, _ = trained(regularizer, with_start())
    assert all(torch.equal(value, module.get_parameter(n)) for n, value in regularizer.evaluation_weights().items())


RUN = ["regularization=[standard,ema]", "regularization.ema.decay=0.9"]


@pytest.mark.parametrize("hook", ["on_train_batch_start", "on_validation_batch_start"])
def test_a_resumed_run_continues_the_average(hook, tmp_path, monkeypatch):
    cuts = [(hook, 1), ("on_train_batch_start", 2)]
    assert_resumes([*RUN, "dataset.eval_batch_size=8"], tmp_path, monkeypatch, cuts=cuts)


def test_the_saved_weights_are_the_average(tmp_path, monkeypatch):
    from safetensors.torch import load_file

    averages, update = [], ExponentialMovingAverage.after_update

    def recorded(self, module):  # by hand, in float64
        now = {name: w.detach().double() for name, w in module.named_parameters()}
        share = 1 - min(0.9, 1 - 1 / (len(averages) + 1)) if averages else None
        averages.append(
            now if share is None else {n: (1 - share) * averages[-1][n] + share * w for n, w in now.items()}
        )
        update(self, module)

    def begun(self, trainer, module):
        averages.append({name: weight.detach().double().clone() for name, weight in module.named_parameters()})
        begin(self, trainer, module)

    begin = ExponentialMovingAverage.on_fit_start
    monkeypatch.setattr(ExponentialMovingAverage, "on_fit_start", begun)
    monkeypatch.setattr(ExponentialMovingAverage, "after_update", recorded)
    run = train(checked([*WORDS, *RUN, "trainer.max_epochs=1", f"output_dir={tmp_path}"]))
    saved = load_file(run.path / "model" / "model.safetensors")
    assert len(averages) == 1 + 6
    for name, value in averages[-1].items():
        exported = name.replace("backbone.model.", "bert.").replace("head.stem.", "")
        torch.testing.assert_close(saved[exported].double(), value, atol=1e-6, rtol=1e-5, msg=name)


def test_training_itself_never_sees_the_average(tmp_path):
    zero = [*RUN[:1], "regularization.ema.decay=0"]
    plain, averaged, same = (train(checked([*WORDS, *words, f"output_dir={tmp_path}"])) for words in ([], RUN, zero))
    losses = [
        [row["train/loss"] for row in csv.DictReader((run.path / "metrics.csv").open())]
        for run in (plain, averaged, same)
    ]
    assert losses[0] == losses[1] == losses[2] and any(losses[0])
    assert plain.read_json("metrics.json") == same.read_json("metrics.json") != averaged.read_json("metrics.json")
