"""Several processes train, score and resume like one; the reference is a single-process run."""

import csv
import json
import os
import signal

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import TINY, checked
from tests.training.test_rollback import bad_loss
from tunesmith.data.epoch_plan import training_plan
from tunesmith.data.module import Shard
from tunesmith.distributed.context import DistributedContext
from tunesmith.errors import Interrupted, UserError
from tunesmith.training.module import FineTuningModule
from tunesmith.training.train import train


def no_dropout(*kinds):
    """Each rank draws its own dropout masks, so two are comparable with one only without dropout."""
    return [f"regularization.standard.{kind}_dropout=0" for kind in kinds or ("hidden", "attention", "classifier")]


WORDS = [
    *TINY,
    "dataset.batch_size=16",
    "dataset.eval_batch_size=8",
    "trainer.log_every_n_steps=1",
]


@pytest.fixture(autouse=True, scope="module")
def threads():
    """One in each process: a fork must not use the threads of its parent, and sums depend on their number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run_of(folder, words, devices, *, sized=True):
    shared = [word for word in WORDS if sized or not word.startswith("dataset.size")]
    return train(checked([*shared, *words, f"trainer.devices={devices}", f"output_dir={folder}/{devices}"]))


def history(run):
    """The numbers of metrics.csv, (rows, columns)."""
    rows = list(csv.reader((run.path / "metrics.csv").open()))
    return rows[0], np.array([[float(cell or "nan") for cell in row] for row in rows[1:]])


def weights(run):
    return load_file(run.path / "model" / "model.safetensors")


@pytest.mark.parametrize(
    "words",
    [
        ["dataset.size=97", *no_dropout()],  # the last batch has one row: one rank has none
        [
            "backbone=random_gpt2",
            "trainer.accumulate_grad_batches=2",
            "regularization=[standard,rdrop]",
            *no_dropout("hidden", "attention"),
        ],
        ["regularization=[standard,class_weights]", "regularization.class_weights.weights=[1,3]", *no_dropout()],
        [
            "dataset=demo_entities",
            "head=token_classification",
            "backbone=random_roberta",
            "trainer.max_epochs=2",
            *no_dropout(),
        ],
        [
            "dataset=demo_entities",
            "head=crf",
            "backbone=random_xlnet",
            "optimizer.lr=1e-4",
            *no_dropout("hidden", "classifier"),
        ],
        ["dataset=demo_questions", "head=span", "dataset.size=40", *no_dropout()],
    ],
    ids=["odd", "rdrop", "class weights", "tags", "crf", "span"],
)
def test_two_processes_train_and_score_like_one(words, tmp_path):
    one, two = (run_of(tmp_path, words, devices) for devices in (1, 2))
    (names, before), (names_again, after) = history(one), history(two)
    assert names == names_again and len(before) >= 3
    np.testing.assert_allclose(after, before, rtol=2e-5, atol=2e-6)
    assert two.scores() == pytest.approx(one.scores(), rel=1e-5, abs=1e-6)
    for split in ("validation", "test"):
        lines = [(run.path / f"predictions/{split}.jsonl").read_text().splitlines() for run in (one, two)]
        assert len(lines[0]) == len(lines[1])
        assert [json.loads(line)["prediction"] for line in lines[0] if '"prediction"' in line] == [
            json.loads(line)["prediction"] for line in lines[1] if '"prediction"' in line
        ]


def test_each_rank_draws_its_own_dropout_masks(tmp_path, monkeypatch):
    def note(self, *arguments):
        with (tmp_path / f"rank-{self.global_rank}").open("ab") as stream:
            stream.write(torch.get_rng_state().numpy().tobytes())

    monkeypatch.setattr(FineTuningModule, "on_train_batch_start", note, raising=False)
    run_of(tmp_path, ["trainer.max_steps=2"], 2)
    first, second = ((tmp_path / f"rank-{rank}").read_bytes() for rank in (0, 1))
    assert len(first) == len(second) > 0 and first != second


def test_bfloat16_with_accumulation(tmp_path):
    words = ["trainer.precision=bf16-mixed", "trainer.accumulate_grad_batches=2", "dataset.size=128", *no_dropout()]
    (names, before), (_, after) = (history(run_of(tmp_path, words, devices)) for devices in (1, 2))
    # A row's sums are rounded differently next to other rows, and a score may be a matter of the last digit.
    losses = [names.index(f"{part}/loss") for part in ("train", "validation")]
    np.testing.assert_allclose(after[:, losses], before[:, losses], rtol=0.02, atol=0.02)


def test_two_processes_roll_back_like_one(tmp_path, monkeypatch, capsys):
    words = ["trainer.on_nonfinite=rollback", "callbacks.checkpoint.every_n_steps=2", *no_dropout()]
    bad_loss(monkeypatch)  # on the rank that has the row in its shard
    one, two = (run_of(tmp_path, words, devices) for devices in (1, 2))
    left_out = [[record["step"] for record in run.read_json("manifest.json")["rollbacks"]] for run in (one, two)]
    assert left_out[0] == left_out[1] and len(left_out[0]) == 1
    (names, before), (_, after) = history(one), history(two)
    losses = [names.index(f"{part}/loss") for part in ("train", "validation")]  # a rank, as in ROC AUC, may be a tie
    np.testing.assert_allclose(after[:, losses], before[:, losses], rtol=2e-5, atol=2e-6)
    assert capsys.readouterr().out.count("Rollback 1 of 3: the training loss is nan") == 2


def test_shards_cover_the_plan():
    class Split(list):
        def __getitem__(self, rows):
            return type("Batch", (), {"rows": rows})()

    plan = training_plan(np.arange(1, 90), batch_size=8, max_tokens=None, seed=1, epoch=0)
    for world_size in (1, 2, 3, 9):
        shards = [Shard(Split(), DistributedContext(rank, world_size)) for rank in range(world_size)]
        for rows in plan:
            gathered = np.concatenate([shard[rows].rows for shard in shards])
            assert sorted(gathered.tolist()) == sorted(rows.tolist())


def act_at(monkeypatch, act, *, call, rank):
    """Call `act` when a rank starts its n-th batch, from 0."""
    calls = []

    def acting(module, *arguments):
        calls.append(1)
        if len(calls) == call + 1 and module.trainer.global_rank == rank:
            act()

    monkeypatch.setattr(FineTuningModule, "on_train_batch_start", acting, raising=False)


CUT = ["trainer.max_epochs=2"]  # with dropout: each rank has its own random numbers


@pytest.fixture(scope="module")
def uninterrupted(threads, tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("uninterrupted"), CUT, 2)


def test_an_interrupted_run_of_two_processes_resumes_bitwise(uninterrupted, tmp_path, monkeypatch):
    for call in (3, 6):
        folder = tmp_path / f"cut-{call}"
        with monkeypatch.context() as patch:
            act_at(patch, lambda: os.kill(os.getpid(), signal.SIGTERM), call=call, rank=0)
            with pytest.raises(Interrupted, match="SIGTERM; the same command resumes from here"):
                run_of(folder, CUT, 2)
        again = run_of(folder, CUT, 2)
        assert all(torch.equal(value, weights(again)[name]) for name, value in weights(uninterrupted).items())
        assert uninterrupted.read_json("metrics.json") == again.read_json("metrics.json")
        np.testing.assert_array_equal(history(uninterrupted)[1], history(again)[1])


@pytest.mark.parametrize("how", ["exit", "kill", "exception"])
def test_a_worker_that_dies_fails_the_run(how, uninterrupted, tmp_path, monkeypatch, capsys):
    def die():
        if how == "exception":
            raise RuntimeError("an error of its own")
        os._exit(3) if how == "exit" else os.kill(os.getpid(), signal.SIGKILL)

    words = [*CUT, "callbacks.checkpoint.every_n_steps=2"]
    reason = {"exit": "exit status 3", "kill": "SIGKILL", "exception": "exit status 1"}[how]
    with monkeypatch.context() as patch:
        act_at(patch, die, call=7, rank=1)
        with pytest.raises(ChildProcessError, match=f"rank 1 of 2 ended with {reason}.*train-1.log"):
            run_of(tmp_path, words, 2)
    again = run_of(tmp_path, words, 2)
    assert "Resuming from step 6" in capsys.readouterr().out
    assert all(torch.equal(value, weights(again)[name]) for name, value in weights(uninterrupted).items())


def test_an_error_on_every_rank_is_reported_once(tmp_path):
    with pytest.raises(UserError, match=r"trainer\.precision=16-mixed needs a GPU"):
        run_of(tmp_path, ["trainer.precision=16-mixed"], 2)


def test_a_run_of_two_processes_can_resume_with_one(tmp_path, monkeypatch):
    config = checked([*WORDS, *CUT, "trainer.devices=2", f"output_dir={tmp_path}"])
    with monkeypatch.context() as patch:
        act_at(patch, lambda: os.kill(os.getpid(), signal.SIGTERM), call=7, rank=0)
        with pytest.raises(Interrupted):
            train(config)
    config["trainer"]["devices"] = 1
    assert train(config).completed
