"""Regularizers on two processes, several at once, for what each does to a step is tested beside it."""

import hashlib

import numpy as np
import pytest

from tests.distributed.test_workers import history, no_dropout, run_of
from tunesmith.training.module import FineTuningModule

WEIGHTS = {  # what changes weights, gradients or what is evaluated
    "freeze and reinit": {"freeze": ["layers=1"], "reinit": [], "l2sp": [], "ema": ["decay=0.7"]},
    "mixout and swa": {
        "mixout": ["probability=1"],  # the only mask that both draw
        "child_tuning": ["mode=task_driven"],
        "swa": ["start=0.25"],
        "gradual_unfreezing": [],
    },
    "lora": {"lora": ["lr_scale=1"], "rates": ["head=3"], "focal": []},
    "vera": {"vera": ["r=16", "lr_scale=1"]},
}
LOSS = {
    "label_smoothing": {"label_smoothing": [], "confidence_penalty": [], "fgm": [], "llrd": []},
    "supervised_contrastive": {"supervised_contrastive": ["weight=0.9"]},
}
RANDOM = {
    "mixup and sam": {"mixup": [], "neftune": [], "stochastic_depth": [], "r3f": [], "sam": [], "mixout": []},
    "freelb and smart": {"freelb": [], "word_dropout": [], "layer_dropout": [], "smart": [], "child_tuning": []},
    "vat": {"vat": [], "rdrop": []},
}


def words(choices, *more):
    settings = [f"regularization.{choice}.{setting}" for choice in choices for setting in choices[choice]]
    return [f"regularization=[standard,{','.join(choices)}]", *settings, *more]


@pytest.mark.parametrize("choices", (WEIGHTS | LOSS).values(), ids=(WEIGHTS | LOSS).keys())
def test_two_processes_train_like_one_without_dropout(choices, tmp_path):
    given = words(choices, "trainer.max_epochs=2", "dataset.size=97", *no_dropout())  # a last batch of one row
    (names, before), (_, after) = (history(run_of(tmp_path, given, devices)) for devices in (1, 2))
    ranked = [name not in ("validation/roc_auc", "validation/average_precision") for name in names]  # may be ties
    np.testing.assert_allclose(after[:, ranked], before[:, ranked], rtol=5e-5, atol=1e-5)


@pytest.mark.parametrize("choices", RANDOM.values(), ids=RANDOM.keys())
def test_ranks_that_draw_for_themselves_keep_the_same_weights(choices, tmp_path, monkeypatch):
    def note(module, *arguments):
        digest = hashlib.sha256()
        for parameter in module.parameters():
            digest.update(parameter.detach().numpy().tobytes())
        with (tmp_path / f"rank-{module.global_rank}").open("a") as stream:
            print(digest.hexdigest(), file=stream)

    monkeypatch.setattr(FineTuningModule, "on_train_batch_start", note, raising=False)
    run_of(tmp_path, words(choices), 2)
    first, second = ((tmp_path / f"rank-{rank}").read_text().split() for rank in (0, 1))
    assert first == second and len(set(first)) > 3  # the first step of a warm-up changes nothing
