"""Candidates of all processes: two that share a batch have the loss and the gradients of one that has all of it."""

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


def share(scores, rank, world):
    """The embeddings (texts, batch, width) of a process, and its batch; one without an example gets a stand-in."""
    mine = scores[:, rank::world]
    size = mine.shape[1]
    mine = (mine if size else scores[:, :1]).clone().requires_grad_()
    places = torch.arange(mine.shape[0] * mine.shape[1]).view(mine.shape[:2])
    return mine, Batch({}, {}, np.arange(size), {"places": places})


def weighed_loss(head, mine, batch):
    """What `FineTuningModule.training_step` makes of the head's loss."""
    units = torch.tensor(float(batch.size))
    return head.loss(mine.flatten(0, 1), batch) * units * collectives.world_size() / collectives.all_reduce(units)


def of_a_process(head, scores, rank, file):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2)
    mine, batch = share(scores, rank, 2)
    loss = weighed_loss(head, mine, batch)
    loss.backward()
    torch.save((loss.item(), mine.grad), f"{file}-{rank}")
    collectives.destroy_process_group()


@pytest.mark.parametrize("size", [5, 4, 1])
@pytest.mark.parametrize("texts,weight", [(2, 1.0), (3, 2.0)])
def test_loss_and_gradients_are_those_of_one(size, texts, weight, tmp_path):
    _, head, _, _ = made("bert", weight=weight)
    head.train()
    scores = torch.randn(texts, size, 8, generator=torch.Generator().manual_seed(size))
    whole, batch = share(scores, 0, 1)
    expected = weighed_loss(head, whole, batch)
    expected.backward()
    context, file = multiprocessing.get_context("fork"), tmp_path / "meet"
    processes = [context.Process(target=of_a_process, args=(head, scores, rank, file), daemon=True) for rank in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    found = [torch.load(f"{file}-{rank}") for rank in (0, 1)]
    # Gradients are averaged over processes afterwards, and so is the loss that is logged.
    assert sum(loss for loss, _ in found) / 2 == pytest.approx(expected.item(), rel=1e-5, abs=1e-7)
    for rank, (_, gradient) in enumerate(found):
        own = whole.grad[:, rank::2]
        if own.shape[1]:
            torch.testing.assert_close(gradient / 2, own, rtol=1e-4, atol=1e-6)
        else:
            assert not gradient.any()


@pytest.mark.parametrize("kind", ["texts", "triplets"])
def test_two_processes_train_and_score_as_one(kind, tmp_path):
    words = ["head=contrastive", *no_dropout("hidden", "attention")]
    if kind == "texts":  # the last batch has one row: a process without any
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
