"""The epoch plan: every example once, little padding, the same for the same seed; against plain Python on small numbers."""

import functools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tunesmith.data.epoch_plan import (
    POOL_BATCHES,
    SHUFFLE_BUFFER_BATCHES,
    EpochPlan,
    evaluation_plan,
    padding_fraction,
    streamed_plan,
    training_plan,
)

LENGTHS = np.random.default_rng(0).gamma(2.5, 9, size=7001).astype(np.int64) + 3
SMALL = st.lists(st.integers(1, 9), min_size=1, max_size=30).map(np.array)
fast = settings(max_examples=100, deadline=None, derandomize=True)


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


def lists(batches):
    return [rows.tolist() for rows in batches]


def in_plain_python(lengths, rows):
    """Rows by length, and in their order if they are as long as each other: Python's sort is stable."""
    return sorted(rows, key=lambda row: lengths[row])


@pytest.mark.parametrize("count", [0, 1, 7, 2 * POOL_BATCHES, 2 * POOL_BATCHES + 1, 5 * POOL_BATCHES])
def test_shuffled_pools_are_sorted_split_and_their_batches_shuffled(count):
    lengths = np.random.default_rng(count).integers(1, 4, size=count)  # many examples of the same length
    generator = np.random.default_rng([7, 3])
    order, expected = generator.permutation(count).tolist(), []
    for start in range(0, count, 2 * POOL_BATCHES):
        pool = in_plain_python(lengths, order[start : start + 2 * POOL_BATCHES])
        expected += [pool[first : first + 2] for first in range(0, len(pool), 2)]
    expected = [expected[number] for number in generator.permutation(len(expected))]
    assert lists(training_plan(lengths, batch_size=2, max_tokens=None, seed=7, epoch=3)) == expected


@fast
@given(SMALL, st.integers(9, 30))
def test_batches_of_tokens_are_full_and_never_too_full(lengths, max_tokens):
    batches = training_plan(lengths, batch_size=None, max_tokens=max_tokens, seed=0, epoch=0)
    assert sorted(row for rows in lists(batches) for row in rows) == list(range(len(lengths)))
    by_length = [[int(lengths[row]) for row in rows] for rows in lists(batches)]
    ordered = sorted(by_length, key=lambda batch: (max(batch), min(batch), -len(batch)))
    for batch, following in zip(ordered, [*ordered[1:], None], strict=True):
        assert len(batch) * max(batch) <= max_tokens
        # The next longer example would have been one too many.
        assert following is None or (len(batch) + 1) * min(following) > max_tokens


def test_the_order_depends_on_the_seed():
    plans = [training_plan(LENGTHS, batch_size=32, max_tokens=None, seed=seed, epoch=0)[0] for seed in (1, 2)]
    assert not np.array_equal(*plans)
    plans = [streamed_plan(100, batch_size=32, seed=seed, epoch=0)[0] for seed in (1, 2)]
    assert not np.array_equal(*plans)


def test_long_batches_are_spread_over_an_epoch():
    means = [LENGTHS[rows].mean() for rows in training_plan(LENGTHS, batch_size=32, max_tokens=None, seed=1, epoch=0)]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.2


@fast
@given(SMALL, st.integers(1, 4))
@example(np.arange(500) % 3, 4)
def test_evaluation_starts_with_the_longest_examples(lengths, size):
    rows = in_plain_python(-lengths, range(len(lengths)))
    expected = [rows[start : start + size] for start in range(0, len(rows), size)]
    assert lists(evaluation_plan(lengths, batch_size=size)) == expected


@fast
@given(SMALL, st.integers(1, 4))
def test_the_share_of_padding_is_that_of_the_padded_batches(lengths, size):
    batches = evaluation_plan(lengths, batch_size=size)
    padded = [
        ["token"] * lengths[row] + [None] * (lengths[rows].max() - lengths[row]) for rows in batches for row in rows
    ]
    cells = [cell for row in padded for cell in row]
    assert padding_fraction(lengths, batches) == pytest.approx(cells.count(None) / len(cells))


@pytest.mark.parametrize("blocks", [1, 8, SHUFFLE_BUFFER_BATCHES * 4 - 1, SHUFFLE_BUFFER_BATCHES * 8 + 2])
def test_a_streamed_epoch_shuffles_within_buffers(blocks):
    plan, buffer = streamed_plan(blocks, batch_size=4, seed=1, epoch=2), SHUFFLE_BUFFER_BATCHES * 4
    order = np.concatenate(plan)
    for start in range(0, blocks, buffer):
        assert sorted(order[start : start + buffer]) == list(range(start, min(start + buffer, blocks)))
    assert [len(rows) for rows in plan] == [4] * (blocks // 4) + [blocks % 4] * (blocks % 4 > 0)
    assert lists(plan) == lists(streamed_plan(blocks, batch_size=4, seed=1, epoch=2))
    if blocks > 1:
        assert lists(plan) != lists(streamed_plan(blocks, batch_size=4, seed=1, epoch=3))
        assert order.tolist() != sorted(order)


def test_set_epoch_changes_the_order():
    plan = EpochPlan(functools.partial(training_plan, LENGTHS, batch_size=32, max_tokens=None, seed=1))
    before = list(plan)
    plan.set_epoch(1)
    assert not np.array_equal(np.concatenate(before), np.concatenate(list(plan)))


def test_a_resumed_epoch_lacks_the_batches_that_were_trained_on():
    calls = []

    def batches(epoch):
        calls.append(epoch)
        return [np.array([epoch, number]) for number in range(4)]

    plan = EpochPlan(batches)
    assert lists(plan) == [[0, number] for number in range(4)] and len(plan) == 4
    plan.start_at(2, 3)
    plan.set_epoch(2)  # Lightning sets the epoch again when it starts, which must not forget what is skipped
    assert lists(plan) == [[2, 3]] and len(plan) == 4
    plan.set_epoch(3)
    assert lists(plan) == [[3, number] for number in range(4)]
    assert calls == [0, 2, 3]
