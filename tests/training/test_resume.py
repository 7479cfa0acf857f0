"""A run that is interrupted at any point and resumed ends with the same weights as an uninterrupted one."""

import collections
import csv
import hashlib
import io
import json
import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from safetensors.torch import load_file

from tests.conftest import TINY, checked
from tests.preloaded import launch
from tunesmith import cli
from tunesmith.callbacks.checkpoint import Checkpoint
from tunesmith.errors import Interrupted, UserError
from tunesmith.runs.folder import BusyError, RunFolder
from tunesmith.runs.loadable import check_loadable
from tunesmith.training.module import FineTuningModule
from tunesmith.training.train import train

WORDS = [*TINY, "trainer.max_epochs=2", "dataset.batch_size=16", "trainer.log_every_n_steps=2"]  # 6 steps an epoch
CUTS = [
    ("on_train_batch_start", 1),
    ("on_train_batch_start", 4),
    ("on_train_batch_start", 6),  # the second epoch's first
    ("on_train_batch_start", 9),
    ("on_validation_start", 0),
    ("on_validation_start", 1),
    ("on_train_end", 0),
]


class CutError(Exception):
    """An unexpected error."""


def cut(monkeypatch, hook, call, act):
    """Call `act` when a hook of the module is called for the n-th time, from 0."""
    calls, original = [], getattr(FineTuningModule, hook)

    def acting(self, *arguments, **settings):
        calls.append(1)
        if len(calls) == call + 1:
            act()
        return original(self, *arguments, **settings)

    monkeypatch.setattr(FineTuningModule, hook, acting, raising=False)


def assert_same(first, second):
    before, after = (load_file(run.path / "model" / "model.safetensors") for run in (first, second))
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)
    assert first.read_json("metrics.json") == second.read_json("metrics.json")
    histories = [list(csv.DictReader((run.path / "metrics.csv").open())) for run in (first, second)]
    assert histories[0] == histories[1]
    assert len(histories[0]) >= 2 and any(row["train/loss"] for row in histories[0])
    assert (first.path / "predictions/test.jsonl").read_text() == (second.path / "predictions/test.jsonl").read_text()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return train(checked([*WORDS, f"output_dir={tmp_path_factory.mktemp('uninterrupted')}"]))


@pytest.mark.parametrize("hook,call", CUTS)
def test_a_signal(uninterrupted, tmp_path, monkeypatch, hook, call):
    config = checked([*WORDS, f"output_dir={tmp_path}"])
    cut(monkeypatch, hook, call, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(config)
    assert RunFolder.of(config).status()["state"] == "interrupted"
    monkeypatch.undo()
    assert_same(uninterrupted, train(config))


@pytest.mark.parametrize("hook,call", [("on_train_batch_start", 0), *CUTS])
def test_an_exception(uninterrupted, tmp_path, monkeypatch, hook, call):
    def fail():
        raise CutError

    config = checked([*WORDS, "callbacks.checkpoint.every_n_steps=2", f"output_dir={tmp_path}"])
    cut(monkeypatch, hook, call, fail)
    with pytest.raises(CutError):
        train(config)
    assert RunFolder.of(config).status()["state"] == "failed"
    monkeypatch.undo()
    assert_same(uninterrupted, train(config))


class CountsLater(pl.Callback):
    """A callback without a state before its first step."""

    def __init__(self):
        self.steps = None

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.steps = (self.steps or 0) + 1

    def state_dict(self):
        return {} if self.steps is None else {"steps": self.steps}

    def load_state_dict(self, state_dict):
        self.steps = state_dict["steps"]


def test_a_state_that_begins_after_the_first_step_is_restored(tmp_path, monkeypatch):
    config = checked([*WORDS, f"output_dir={tmp_path}"])
    cut(monkeypatch, "on_train_batch_start", 4, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(config, callbacks=[CountsLater()])
    monkeypatch.undo()
    counting = CountsLater()
    train(config, callbacks=[counting])
    assert counting.steps == 12


@pytest.mark.parametrize(
    "value,expected",
    [
        (np.float64(0.5), "numpy"),
        (collections.deque([1]), "collections.deque"),
        (Path("runs"), "pathlib"),
        ({"inner": [np.zeros(2)]}, "numpy"),
        (lambda: None, "<lambda>"),
    ],
)
@pytest.mark.parametrize("first_step", [True, False])
def test_a_state_that_could_not_be_loaded_is_refused(value, expected, first_step, tmp_path):
    """Reading it would execute what a file names; the run would begin again."""

    class Keeps(CountsLater):
        def state_dict(self):
            return {"value": value} if self.steps or first_step else {}

    config = checked([*WORDS, "trainer.max_epochs=1", f"output_dir={tmp_path}"])
    with pytest.raises(
        UserError, match=r"Keeps\.state_dict\(\) contains .*, which a resumed run could not read"
    ) as raised:
        train(config, callbacks=[Keeps()])
    assert expected in str(raised.value)
    steps = (RunFolder.of(config).path / "metrics.csv").exists()
    assert steps != first_step


def test_plain_states_can_be_loaded():
    plain = {"a": (1, 2.0, None, "b", True), "b": [torch.ones(2)], 3: {"c": torch.float32, "d": b"e", "f": {1, 2}}}
    check_loadable(plain, "the state")
    check_loadable(collections.OrderedDict(plain), "the state")
    stream = io.BytesIO()
    torch.save(plain, stream)
    stream.seek(0)
    assert torch.load(stream, weights_only=True)["b"][0].equal(torch.ones(2))


def test_a_state_saved_after_a_resumed_validation(uninterrupted, tmp_path, monkeypatch):
    def fail():
        raise CutError

    config = checked([*WORDS, f"output_dir={tmp_path}"])
    for hook, act, error in [
        ("on_validation_start", lambda: signal.raise_signal(signal.SIGTERM), Interrupted),  # before the validation
        ("on_train_batch_start", fail, CutError),  # right after it
    ]:
        cut(monkeypatch, hook, 0, act)
        with pytest.raises(error):
            train(config)
        monkeypatch.undo()
    assert_same(uninterrupted, train(config))


HARD = [
    ["dataset=demo_entities", "head=crf", "trainer.precision=bf16-mixed", "dataset.max_length=64"],
    ["regularization=[standard,rdrop]", "trainer.accumulate_grad_batches=2", "trainer.max_steps=5"],
    ["backbone=random_xlnet", "callbacks=[checkpoint,early_stopping]", "callbacks.early_stopping.patience=1"],
]


@pytest.mark.parametrize("words", HARD)
def test_other_settings(words, tmp_path, monkeypatch):
    uninterrupted = train(checked([*WORDS, *words, f"output_dir={tmp_path / 'uninterrupted'}"]))
    config = checked([*WORDS, *words, f"output_dir={tmp_path / 'cut'}"])
    for call in (3, 4):
        cut(monkeypatch, "on_train_batch_start", call, lambda: signal.raise_signal(signal.SIGINT))
        with pytest.raises(Interrupted):
            train(config)
        monkeypatch.undo()
    assert_same(uninterrupted, train(config))


@pytest.mark.parametrize("damage", ["truncated", "one bit", "folder", "no digest", "digest", "no checkpoint", "best"])
def test_a_damaged_checkpoint_is_not_used(uninterrupted, tmp_path, monkeypatch, damage, capsys):
    config = checked([*WORDS, f"output_dir={tmp_path}"])
    cut(monkeypatch, "on_train_batch_start", 9, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(config)
    monkeypatch.undo()
    folder = RunFolder.of(config).path / "checkpoints"
    newest = sorted(folder.glob("best-*.ckpt" if damage == "best" else "state-*.ckpt"))[-1]
    content = bytearray(newest.read_bytes())
    if damage == "folder":
        newest.unlink()
        newest.mkdir()
    elif damage == "no digest":
        newest.with_name(newest.name + ".sha256").unlink()
    elif damage == "digest":
        newest.with_name(newest.name + ".sha256").write_bytes(b"\xff")
    elif damage == "no checkpoint":  # with a digest to match
        newest.write_bytes(b"none")
        newest.with_name(newest.name + ".sha256").write_text(hashlib.sha256(b"none").hexdigest())
    elif damage == "truncated":
        newest.write_bytes(content[:-100])
    else:
        content[len(content) // 2] ^= 1
        newest.write_bytes(content)
    starts = []
    monkeypatch.setattr(Checkpoint, "on_train_start", recording(Checkpoint.on_train_start, starts))
    capsys.readouterr()
    assert_same(uninterrupted, train(config))
    assert starts == [0 if damage == "best" else 6]
    said = capsys.readouterr().out
    if damage == "best":
        assert said.count(" is damaged or lacks its best weights, so that the run does not resume from it") == 2
        assert "Warning: no state is left from which the run could resume: it begins again" in said
    else:
        assert f"Warning: {newest} is damaged, so that the run does not resume from it" in said
        assert "Resuming from step 6" in said


def recording(hook, starts):
    def recorded(self, trainer, module):
        hook(self, trainer, module)
        starts.append(trainer.global_step)

    return recorded


def test_only_needed_checkpoints_are_kept(uninterrupted):
    kept = sorted(file.name for file in (uninterrupted.path / "checkpoints").iterdir())
    assert len(kept) == 4 and kept[0].startswith("best-") and kept[2] == "state-00000012.ckpt"


def test_sigkill_at_random_moments(uninterrupted, tmp_path):
    words = [*WORDS, "callbacks.checkpoint.every_n_steps=1", f"output_dir={tmp_path / 'runs'}"]
    config = checked(words)
    run, kills = RunFolder.of(config), 0
    for file in ("state-00000003.ckpt", "state-00000008.ckpt"):
        process = launch(cli.run, ["train", *words], log=tmp_path / "log")
        deadline = time.monotonic() + 300
        while not (run.path / "checkpoints" / file).is_file() and time.monotonic() < deadline:
            if not process.is_alive():
                break
            time.sleep(0.002)
        process.kill()
        process.join()
        kills += process.exitcode == -signal.SIGKILL
    assert kills
    assert_same(uninterrupted, train(config))


def test_a_run_in_use_is_locked(tmp_path):
    config = checked([*WORDS, f"output_dir={tmp_path}"])
    held = RunFolder.claim(config)
    held.set_state("running")
    with pytest.raises(BusyError, match=f"in use by process {os.getpid()}"):
        train(config)
    held.release()
    RunFolder.claim(config).release()


def test_resuming_with_changed_data_is_an_error(tmp_path, monkeypatch):
    from tests.conftest import write_csv

    rows = [(f"a {word} film", "good" if word == "fine" else "bad") for word in ("fine", "poor") * 20]
    file = write_csv(tmp_path / "data.csv", rows)
    config = checked([*TINY, "dataset=csv", f"dataset.train={file}", f"output_dir={tmp_path / 'runs'}"][1:])
    cut(monkeypatch, "on_train_batch_start", 1, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(config)
    monkeypatch.undo()
    write_csv(file, rows[:-2])
    with pytest.raises(UserError, match=r"dataset\.train, .* has changed since"):
        train(config)


def test_resuming_with_a_different_tokenizer_is_an_error(uninterrupted, tmp_path, monkeypatch):
    base = shutil.copytree(uninterrupted.model, tmp_path / "base")
    config = checked([*TINY[:-1], "backbone=bert", f"backbone.name={base}", f"output_dir={tmp_path / 'runs'}"])
    cut(monkeypatch, "on_train_batch_start", 1, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(config)
    monkeypatch.undo()
    tokenizer = json.loads((base / "tokenizer.json").read_text())
    ids = tokenizer["model"]["vocab"]
    first, last = (max(ids, key=lambda word: sign * ids[word]) for sign in (-1, 1))
    ids[first], ids[last] = ids[last], ids[first]
    (base / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(UserError, match="started with a different tokenizer"):
        train(config)
