"""Running out of memory: the errors are those of the allocators, which are asked for more than there is."""

import numpy as np
import pytest
import torch

from tests.conftest import TINY, checked
from tunesmith import cli
from tunesmith.heads.classification import Classification
from tunesmith.runs.folder import RunFolder
from tunesmith.training import out_of_memory

HUGE = 2**50


def python():
    bytearray(HUGE)


def numpy():
    np.empty(HUGE)


def tensor():
    torch.empty(HUGE)


def cuda():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of ...")


def cublas():
    raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")


CONFIG = {
    "dataset": {"batch_size": 32, "max_tokens": None, "eval_batch_size": 64, "max_length": 128},
    "trainer": {"accumulate_grad_batches": 1, "precision": 32},
}


@pytest.mark.parametrize(
    "allocate,requested",
    [
        (python, "out of memory; lower"),
        (numpy, "(8.00 PiB requested)"),
        (tensor, "(4,503,599,627,370,496 bytes requested)"),
        (cuda, "(20.00 MiB requested)"),
        (cublas, "out of memory; lower"),
    ],
)
def test_the_settings_to_lower(allocate, requested):
    with pytest.raises(MemoryError) as raised, out_of_memory.explained(CONFIG, scoring=False):
        allocate()
    message = str(raised.value)
    assert requested in message
    assert "lower dataset.batch_size=32, dataset.eval_batch_size=64 or dataset.max_length=128" in message
    assert "trainer.accumulate_grad_batches=1" in message and "trainer.precision=bf16-mixed" in message


def test_scoring():
    with pytest.raises(MemoryError) as raised, out_of_memory.explained(CONFIG, scoring=True):
        tensor()
    assert str(raised.value).endswith("lower dataset.eval_batch_size=64 or dataset.max_length=128")


@pytest.mark.parametrize(
    "error", [RuntimeError("shapes do not match"), ValueError("out of memory"), OSError(28, "full")]
)
def test_other_errors_stay(error):
    with pytest.raises(type(error)) as raised, out_of_memory.explained(CONFIG, scoring=False):
        raise error
    assert raised.value is error


def test_a_run_says_so_without_a_traceback(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Classification, "loss", lambda self, scores, batch: tensor())
    words = [*TINY, "trainer.accelerator=cpu", f"output_dir={tmp_path}"]
    assert cli.run(["train", *words]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith(
        "tunesmith: out of memory (4,503,599,627,370,496 bytes requested); lower dataset.batch_size="
    )
    assert "Traceback" not in errors
    status = RunFolder.of(checked(words)).status()
    assert status["state"] == "failed" and status["error"].startswith("MemoryError: out of memory")
