"""Contrastive candidates of all ranks: two ranks with shards get the loss and gradients of the whole batch."""

import json
import multiprocessing

import numpy as np
import pytest
import torch
import torch.distributed as dist

from tests.distributed.test_workers import history, no_dropout, run_of, threads  # noqa: F401 - a fixture
from tests.heads.test_contrastive import made
from tunesmith.data.batch import Batch
from tunesmith.distributed import collectives


def shard(scores, rank, world_size):
    """The embeddings (texts, batch, width) of a rank, and its batch; a rank without examples gets a placeholder."""
    mine = scores[:, rank::world_size]
    size = mine.shape[1]
    mine = (mine if size else scores[:, :1]).clone().requires_grad_()
    places = torch.arange(mine.shape[0] * mine.shape[1]).view(mine.shape[:2])
    return mine, Batch({}, {}, np.arange(size), {"places": places})


def weighted_loss(head, mine, batch):
    """What `FineTuningModule.training_step` makes of the head's loss."""
    size = torch.tensor(float(batch.size))
    return head.loss(mine.flatten(0, 1), batch) * size * collectives.world_size() / collectives.all_reduce(size)


def run_rank(head, scores, rank, file):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2)
    mine, batch = shard(scores, rank, 2)
    loss = weighted_loss(head, mine, batch)
    loss.backward()
    torch.save((loss.item(), mine.grad), f"{file}-{rank}")
    collectives.destroy_process_group()


@pytest.mark.parametrize("size", [5, 4, 1])
@pytest.mark.parametrize("texts,weight", [(2, 1.0), (3, 2.0)])
def test_loss_and_gradients_equal_those_of_one_process(size, texts, weight, tmp_path):
    _, head, _, _ = made("bert", weight=weight)
    head.train()
    scores = torch.randn(texts, size, 8, generator=torch.Generator().manual_seed(size))
    whole, batch = shard(scores, 0, 1)
    expected = weighted_loss(head, whole, batch)
    expected.backward()
    context, file = multiprocessing.get_context("fork"), tmp_path / "rendezvous"
    processes = [context.Process(target=run_rank, args=(head, scores, rank, file), daemon=True) for rank in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    found = [torch.load(f"{file}-{rank}") for rank in (0, 1)]
    # DDP averages gradients over ranks afterwards, and so is the logged loss.
    assert sum(loss for loss, _ in found) / 2 == pytest.approx(expected.item(), rel=1e-5, abs=1e-7)
    for rank, (_, gradient) in enumerate(found):
        own = whole.grad[:, rank::2]
        if own.shape[1]:
            torch.testing.assert_close(gradient / 2, own, rtol=1e-4, atol=1e-6)
        else:
            assert not gradient.any()


@pytest.mark.parametrize("kind", ["texts", "triplets"])
def test_two_processes_train_and_score_like_one(kind, tmp_path):
    words = ["head=contrastive", *no_dropout("hidden", "attention")]
    if kind == "texts":  # the last batch has one row: one rank has none
        words += ["dataset=demo_sentences", "dataset.size=49", "head.pooling=cls_training_layer"]
    else:
        rows = [{"text": f"a lamp {n}", "positive": f"the {n} lamp", "negative": f"no chair {n}"} for n in range(40)]
        (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        words += ["dataset=jsonl_pairs", "dataset.negative=negative", f"dataset.train={tmp_path}/train.jsonl"]
        words += ["dataset.metrics=[alignment]"]
    sized = kind == "texts"
    one, two = (run_of(tmp_path, words, devices, sized=sized) for devices in (1, 2))
    (names, before), (names_again, after) = history(one), history(two)
    assert names == names_again and len(before) >= 3
    kept = [number for number, name in enumerate(names) if name not in ("validation/loss", "test/loss")]
    np.testing.assert_allclose(after[:, kept], before[:, kept], rtol=1e-4, atol=2e-6)
