"""A streamed split has the same blocks as a cached one, and an epoch has each once."""

import signal

import numpy as np
import pytest
import torch

from tests.conftest import TINY, checked
from tests.heads.test_language_model import lm_task, mini
from tests.tasks.test_language_model_runs import CORPUS
from tests.training.test_resume import assert_same, cut
from tunesmith.data import cache
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.data.epoch_plan import streamed_plan
from tunesmith.data.streamed_split import StreamedSplit
from tunesmith.data.tokenized import prepare
from tunesmith.errors import Interrupted, UserError
from tunesmith.training.train import train

DOCUMENTS = [f"chapter {number} of the unbelievable tale, wherein ye'll find wonders" for number in range(2500)]
DOCUMENTS[7] = ""


class Source:
    splits = ("train",)

    def fingerprint(self, split):
        return "documents"

    def rows(self, split):
        return enumerate({"text": text} for text in DOCUMENTS)


@pytest.fixture(scope="module")
def splits():
    tokenizer = mini("bert").tokenizer(lambda: ["chapter of the unbelievable tale"], pre_split=False)
    task = lm_task(packing="blocks", max_length=31, streaming=True)
    options = {"task": task, "tokenizer": tokenizer}
    cached = EncodedSplit.open(prepare(Source(), "train", tokenizer_key="key", **options), **options)
    return cached, StreamedSplit(Source(), "train", tokenizer_key="key", shuffle_buffer=200, **options)


def test_the_same_blocks_in_any_order_of_shuffle_buffers(splits):
    cached, streamed = splits
    assert np.array_equal(cached.lengths, streamed.lengths) and len(cached) > 1000
    for rows in ([0, 5, 3], [150, 199], [230, 399, 200], [len(cached) - 1, len(cached) - 2], [7, 2], [180, 220]):
        ours, theirs = streamed[np.array(rows)], cached[np.array(rows)]
        assert ours.rows.tolist() == rows
        assert torch.equal(ours.inputs["input_ids"], theirs.inputs["input_ids"])
        assert torch.equal(ours.layout["word_starts"], theirs.layout["word_starts"])


def test_at_most_two_shuffle_buffers_are_in_memory(splits):
    _, streamed = splits
    for start in range(0, 600, 20):
        streamed[np.arange(start, start + 20)]
        assert len(streamed._buffer) < 2 * 200 + 1000  # plus the chunk that was tokenised with them


def test_an_epoch_has_each_block_once_and_proceeds_through_the_text():
    plan = streamed_plan(4321, batch_size=4, seed=1, epoch=0)
    assert sorted(np.concatenate(plan).tolist()) == list(range(4321))
    assert [int(rows.min()) // 2000 for rows in plan] == sorted(int(rows.max()) // 2000 for rows in plan)
    assert not np.array_equal(plan[0], streamed_plan(4321, batch_size=4, seed=1, epoch=1)[0])


def test_counts_and_placeholders(splits):
    cached, streamed = splits
    assert len(streamed) == len(cached) == len(streamed.examples)
    assert streamed.examples[-1] == {"id": None} and streamed.lengths.dtype == np.int32
    assert np.array_equal(streamed.numbers("example"), np.arange(len(cached)))
    assert streamed.lengths.max() == 31 and streamed.lengths[-1] < 31
    outputs = [(np.array([row]), {"loss": torch.tensor([float(row)])}) for row in reversed(range(len(streamed)))]
    assert streamed.in_order(outputs)["loss"] == list(range(len(streamed)))


class Recorded:
    """Short documents; counts the rows that were read."""

    def __init__(self, content="documents"):
        self.content, self.read = content, 0

    def fingerprint(self, split):
        assert split == "train"
        return self.content

    def rows(self, split):
        for number in range(2500):
            self.read += 1
            yield number, {"text": "tale"}


def test_the_text_is_read_once_to_count_it_and_then_as_far_as_needed(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path))
    tokenizer = mini("bert").tokenizer(lambda: ["chapter of the unbelievable tale"], pre_split=False)
    options = {"task": lm_task(packing="blocks", max_length=31, streaming=True), "tokenizer": tokenizer}
    options["shuffle_buffer"] = 10

    def opened(source, key="key"):
        return StreamedSplit(source, "train", tokenizer_key=key, **options)

    first = Recorded()
    split = opened(first)
    assert first.read == 2500  # all, to count the blocks
    assert split.examples == [{"id": None}] * len(split) and split.lengths.dtype == np.int32
    split[np.array([0, 9])]
    split[np.array([1, 2])]
    split[np.array([12, 15])]
    assert first.read == 2500 + 1000 and min(split._buffer) == 10  # one chunk, which is read on
    split[np.array([3])]  # another epoch
    assert first.read == 2500 + 2000
    again = Recorded()
    assert np.array_equal(opened(again).lengths, split.lengths) and again.read == 0
    for other, key in ((Recorded("other"), "key"), (Recorded(), "other key")):
        opened(other, key)
        assert other.read == 2500
    longer = Recorded()
    options["task"] = lm_task(packing="blocks", max_length=62, streaming=True)
    assert opened(longer).lengths.max() == 62 and longer.read == 2500
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != "tokenizers"] == ["streamed"]


def test_a_streamed_run_caches_no_tokens_and_resumes(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "cache"))
    settings = [*TINY, *CORPUS, "head=masked_lm", "dataset.streaming=true", "trainer.max_epochs=2"]
    whole = train(checked([*settings, f"output_dir={tmp_path}/whole"]))
    assert {file.name for file in (tmp_path / "cache").iterdir()} == {"tokenizers", "streamed"}
    streamed = train(checked([*settings, "trainer.max_steps=1", "optimizer.lr=1e-30", f"output_dir={tmp_path}/once"]))
    cached = train(
        checked(
            [
                *settings,
                "dataset.streaming=false",
                "trainer.max_steps=1",
                "optimizer.lr=1e-30",
                f"output_dir={tmp_path}/x",
            ]
        )
    )
    scores = [run.read_json("metrics.json")["test/perplexity"] for run in (streamed, cached)]
    assert scores[0] == pytest.approx(scores[1], rel=1e-6)
    config = checked([*settings, f"output_dir={tmp_path}/cut"])
    cut(monkeypatch, "on_train_batch_start", 8, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(config)
    monkeypatch.undo()
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "cache"))
    assert_same(whole, train(config))


def test_only_blocks_can_be_streamed():
    with pytest.raises(UserError, match="only blocks can be streamed"):
        lm_task(packing="none", streaming=True)
