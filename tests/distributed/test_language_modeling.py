"""Two processes mask the same tokens and give the same scores as one; the reference is a single-process run."""

import pytest
import torch

from tests.distributed.test_workers import history, no_dropout, run_of, threads, weights  # noqa: F401
from tests.tasks.test_language_model_runs import CORPUS


def test_two_processes_mask_and_score_like_one(tmp_path):
    settings = [*CORPUS, "head=masked_lm", "head.unit=word", *no_dropout("hidden", "attention")]
    one, two = (run_of(tmp_path, settings, devices) for devices in (1, 2))
    names, numbers = history(one)
    columns = [names.index("train/loss"), names.index("validation/perplexity")]
    torch.testing.assert_close(
        torch.tensor(history(two)[1][:, columns]),
        torch.tensor(numbers[:, columns]),
        rtol=1e-4,
        atol=1e-5,
        equal_nan=True,
    )
    for name, weight in weights(one).items():
        torch.testing.assert_close(weights(two)[name], weight, rtol=1e-3, atol=1e-4)
    assert one.read_json("metrics.json")["test/perplexity"] == pytest.approx(
        two.read_json("metrics.json")["test/perplexity"], rel=1e-5
    )
