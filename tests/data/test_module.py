"""The DataModule: batches of the plan, a shard of each for every rank, longest examples first in evaluation."""

import numpy as np
import pytest
import torch

from tests.data.small_tokenizers import small_tokenizer
from tests.heads.test_classification import text_task
from tests.heads.test_language_model import lm_task
from tunesmith.data import cache
from tunesmith.data.epoch_plan import SHUFFLE_BUFFER_BATCHES, evaluation_plan, streamed_plan, training_plan
from tunesmith.data.module import Shard, TextDataModule
from tunesmith.data.streamed_split import StreamedSplit
from tunesmith.distributed.context import DistributedContext
from tunesmith.errors import UserError


class Source:
    splits = ("train", "validation")

    def fingerprint(self, split):
        return split

    def rows(self, split):
        for number in range(40 if split == "train" else 9):
            yield number, {"id": str(number), "text": "Ada met Bo " * (number % 7 + 1), "label": "abc"[number % 3]}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path))
    return tmp_path


def data_module(task=None, **settings):
    settings = {"batch_size": 4, "max_tokens": None, "eval_batch_size": 5} | settings
    task = text_task("single_label", pair=False) if task is None else task
    return TextDataModule(Source(), task, small_tokenizer("bert"), "key", 3, **settings)


def rows_of(loader):
    return [batch.rows.tolist() for batch in loader]


def lists(plan):
    return [rows.tolist() for rows in plan]


@pytest.mark.parametrize("settings", [{"batch_size": 4}, {"batch_size": None, "max_tokens": 60}])
def test_batches_are_those_of_the_plan(settings):
    data = data_module(**settings)
    data.setup("fit")
    lengths = data.splits["train"].lengths
    options = {"batch_size": 4, "max_tokens": None} | settings
    for epoch in (0, 1):
        data.plan.set_epoch(epoch)
        plan = training_plan(lengths, seed=3, epoch=epoch, **options)
        assert rows_of(data.train_dataloader()) == lists(plan)
    batch = next(iter(data.train_dataloader()))
    assert torch.equal(batch.inputs["input_ids"], data.splits["train"][batch.rows].inputs["input_ids"])


def test_evaluation_has_its_own_batch_size():
    data = data_module()
    data.setup()
    expected = lists(evaluation_plan(data.splits["validation"].lengths, batch_size=5))
    assert rows_of(data.val_dataloader()) == rows_of(data.evaluation_dataloader("validation")) == expected
    assert len(rows_of(data.evaluation_dataloader("train"))) == 8


def test_everything_is_tokenised_before_it_is_opened(folder):
    data = data_module()
    data.prepare_data()
    entries = sorted((folder / "encoded").iterdir())
    assert len(entries) == 2 and data.splits == {}
    data.setup()
    opened = data.splits
    data.setup()  # Lightning calls it for each stage
    assert data.splits is opened and {name: len(split) for name, split in opened.items()} == {
        "train": 40,
        "validation": 9,
    }
    assert sorted((folder / "encoded").iterdir()) == entries
    other = TextDataModule(
        Source(), data.task, data.tokenizer, "another", 3, batch_size=4, max_tokens=None, eval_batch_size=5
    )
    other.prepare_data()  # tokens of another tokenizer
    assert len(list((folder / "encoded").iterdir())) == 4


def test_a_pass_does_not_advance_the_global_random_state():
    data = data_module()
    data.setup()
    before = torch.random.get_rng_state()
    list(data.train_dataloader())
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("world_size", [1, 2, 3, 5])
def test_ranks_share_every_batch(world_size):
    class Split(list):
        def __getitem__(self, rows):
            return type("Batch", (), {"rows": rows, "taken": rows})()

    split, batch = Split(range(10)), np.array([7, 3, 9])
    shards = [Shard(split, DistributedContext(rank, world_size)) for rank in range(world_size)]
    assert [len(shard) for shard in shards] == [10] * world_size
    taken = [shard[batch] for shard in shards]
    assert [found.rows.tolist() for found in taken] == [batch[rank::world_size].tolist() for rank in range(world_size)]
    assert sorted(row for found in taken for row in found.rows) == [3, 7, 9]
    for found in taken:  # a rank without rows takes the same step with a dummy
        assert found.taken.tolist() == (found.rows.tolist() or [7])


@pytest.mark.parametrize(("settings", "size"), [({"batch_size": 4}, 4), ({"batch_size": None, "max_tokens": 40}, 2)])
def test_a_streamed_text_is_shuffled_within_buffers(folder, settings, size):
    data = data_module(lm_task(packing="blocks", streaming=True, max_length=16), **settings)
    data.prepare_data()
    assert not list(folder.iterdir())  # no tokens are written
    data.setup()
    split = data.splits["train"]
    assert isinstance(split, StreamedSplit)
    assert split._shuffle_buffer == size * SHUFFLE_BUFFER_BATCHES
    for epoch in (0, 1):
        data.plan.set_epoch(epoch)
        plan = streamed_plan(len(split), batch_size=size, seed=3, epoch=epoch)
        assert rows_of(data.train_dataloader()) == lists(plan)
    cached = data_module(lm_task(packing="blocks", max_length=16), **settings)
    cached.setup()
    rows = np.arange(len(split))
    assert torch.equal(split[rows].inputs["input_ids"], cached.splits["train"][rows].inputs["input_ids"])


def test_fewer_tokens_than_a_block_are_one_block():
    data = data_module(lm_task(packing="blocks", streaming=True, max_length=16), batch_size=None, max_tokens=8)
    data.setup()
    assert {len(rows) for rows in data.plan} == {1}


def test_the_task_checks_its_windows():
    data = data_module(lm_task(packing="blocks", max_length=5000))
    with pytest.raises(UserError, match=r"less than one block of dataset\.max_length=5000"):
        data.setup()
