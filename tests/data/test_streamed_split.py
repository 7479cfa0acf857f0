"""A split that is streamed has the blocks of one that is kept, and an epoch has each once."""

import signal

import numpy as np
import pytest
import torch

from tests.conftest import TINY, checked
from tests.data.encoding.test_blocks import Source, packed
from tests.heads.test_language_model import lm_task, mini
from tests.tasks.test_language_model_runs import CORPUS
from tests.training.test_resume import assert_same, cut
from tunesmith.data import cache
from tunesmith.data.batching import streamed_plan
from tunesmith.data.streamed_split import StreamedSplit
from tunesmith.errors import Interrupted, UserError
from tunesmith.training.train import train


@pytest.fixture(scope="module")
def splits():
    tokenizer = mini("bert").tokenizer(lambda: ["chapter of the unbelievable tale"], pre_split=False)
    kept = packed(tokenizer, max_length=31)
    task = lm_task(packing="blocks", max_length=31, streaming=True)
    return kept, StreamedSplit(
        Source(), "train", task=task, tokenizer=tokenizer, tokenizer_key="key", shuffle_buffer=200
    )


def test_the_same_blocks_in_any_order_of_shuffle_buffers(splits):
    kept, streamed = splits
    assert np.array_equal(kept.lengths, streamed.lengths) and len(kept) > 1000
    for rows in ([0, 5, 3], [150, 199], [230, 399, 200], [len(kept) - 1, len(kept) - 2], [7, 2], [180, 220]):
        ours, theirs = streamed[np.array(rows)], kept[np.array(rows)]
        assert torch.equal(ours.inputs["input_ids"], theirs.inputs["input_ids"])
        assert torch.equal(ours.layout["word_starts"], theirs.layout["word_starts"])


def test_no_more_than_two_shuffle_buffers_are_held(splits):
    _, streamed = splits
    for start in range(0, 600, 20):
        streamed[np.arange(start, start + 20)]
        assert len(streamed._held) < 2 * 200 + 1000  # and what was tokenised with them


def test_an_epoch_has_each_block_once_and_moves_through_the_text():
    plan = streamed_plan(4321, batch_size=4, seed=1, epoch=0)
    assert sorted(np.concatenate(plan).tolist()) == list(range(4321))
    assert [int(rows.min()) // 2000 for rows in plan] == sorted(int(rows.max()) // 2000 for rows in plan)
    assert not np.array_equal(plan[0], streamed_plan(4321, batch_size=4, seed=1, epoch=1)[0])


def test_a_streamed_run_keeps_no_tokens_and_resumes(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "cache"))
    settings = [*TINY, *CORPUS, "head=masked_lm", "dataset.streaming=true", "trainer.max_epochs=2"]
    whole = train(checked([*settings, f"output_dir={tmp_path}/whole"]))
    assert {file.name for file in (tmp_path / "cache").iterdir()} == {"tokenizers", "streamed"}
    once = train(checked([*settings, "trainer.max_steps=1", "optimizer.lr=1e-30", f"output_dir={tmp_path}/once"]))
    still = train(
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
    scores = [run.read_json("metrics.json")["test/perplexity"] for run in (once, still)]
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
