"""The epoch plan: every example once, little padding, the same for the same seed."""

import functools

import numpy as np
import pytest

from tunesmith.data.epoch_plan import EpochPlan, evaluation_plan, padding_fraction, training_plan

LENGTHS = np.random.default_rng(0).gamma(2.5, 9, size=7001).astype(np.int64) + 3


@pytest.mark.parametrize("options", [{"batch_size": 32, "max_tokens": None}, {"batch_size": None, "max_tokens": 1024}])
def test_every_example_appears_once_per_epoch_in_a_different_order(options):
    first, second = (training_plan(LENGTHS, seed=1, epoch=epoch, **options) for epoch in (0, 1))
    assert sorted(np.concatenate(first)) == list(range(len(LENGTHS))) == sorted(np.concatenate(second))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))
    assert len(first) == len(second)
    again = training_plan(LENGTHS, seed=1, epoch=0, **options)
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert padding_fraction(LENGTHS, first) < 0.05


def test_batch_sizes():
    batches = training_plan(LENGTHS, batch_size=32, max_tokens=None, seed=1, epoch=0)
    assert sorted(map(len, batches))[1:] == [32] * (len(batches) - 1)
    batches = training_plan(LENGTHS, batch_size=None, max_tokens=1024, seed=1, epoch=0)
    assert max(len(rows) * LENGTHS[rows].max() for rows in batches) <= 1024


def test_long_batches_are_spread_over_an_epoch():
    means = [LENGTHS[rows].mean() for rows in training_plan(LENGTHS, batch_size=32, max_tokens=None, seed=1, epoch=0)]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.2


def test_evaluation_starts_with_the_longest_examples():
    batches = evaluation_plan(LENGTHS, batch_size=64)
    assert LENGTHS[batches[0]].max() == LENGTHS.max()
    assert sorted(np.concatenate(batches)) == list(range(len(LENGTHS)))


def test_set_epoch_changes_the_order():
    plan = EpochPlan(functools.partial(training_plan, LENGTHS, batch_size=32, max_tokens=None, seed=1))
    before = list(plan)
    plan.set_epoch(1)
    assert not np.array_equal(np.concatenate(before), np.concatenate(list(plan)))
