"""Every regularizer with every head and family: refused by the checks with a reason, or trained, resumed bitwise and used.

Each regularizer runs with one head and family here; with TUNESMITH_LONG=1 all combinations run.
"""

import itertools
import os
import signal

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import checked
from tunesmith import cli
from tunesmith.configuration.choices import choices, conf_folder
from tunesmith.errors import Interrupted, UserError
from tunesmith.training.module import FineTuningModule
from tunesmith.training.train import train

FAMILIES = ["bert", "roberta", "xlnet", "gpt2"]
LANGUAGE = {"bert": "masked_lm", "roberta": "masked_lm", "xlnet": "permuted_lm", "gpt2": "causal_lm"}
HEADS = {
    "classification": ["dataset=demo_reviews"],
    "token_classification": ["dataset=demo_entities", "head=token_classification"],
    "crf": ["dataset=demo_entities", "head=crf"],
    "span": ["dataset=demo_questions", "head=span", "dataset.max_length=96"],
    "language": ["dataset=demo_corpus", "dataset.max_length=32"],
    "contrastive": ["dataset=demo_sentences", "head=contrastive"],
}
REGULARIZERS = [name for name in choices("regularization", [conf_folder()]) if name != "none"]
SMALL = ["dataset.size=32", "dataset.batch_size=8", "backbone.width=16", "backbone.vocabulary=300", "seed=3"]
SMALL += ["trainer.max_steps=3", "trainer.accelerator=cpu", "trainer.progress_bar=false", "trainer.log_every_n_steps=1"]
# Settings under which three steps show the regularizer at work.
SETTINGS = {
    "swa": ["regularization.swa.start=0.5"],
    "smart": ["regularization.smart.epsilon=0.1", "regularization.smart.sigma=0.1"],
    "r3f": ["regularization.r3f.epsilon=0.1"],
    "rates": ['regularization.rates.patterns={"*.weight":0.5}'],
    "child_tuning": ["regularization.child_tuning.mode=task_driven"],
}
EVERY = list(itertools.product(REGULARIZERS, HEADS, FAMILIES))
# One head and family for each regularizer, so that neighbours differ in both.
SOME = [
    (name, list(HEADS)[number % len(HEADS)], FAMILIES[number % len(FAMILIES)])
    for number, name in enumerate(REGULARIZERS)
]
LONG = "TUNESMITH_LONG" in os.environ


def words(name, head, family, folder):
    given = [*SMALL, *HEADS[head], f"backbone=random_{family}", f"regularization=[standard,{name}]"]
    given += [f"head={LANGUAGE[family]}"] if head == "language" else []
    if REGULARIZERS.index(name) % 2:
        given += ["trainer.precision=bf16-mixed", "trainer.accumulate_grad_batches=2"]
    return [*given, *SETTINGS.get(name, []), f"output_dir={folder}"]


@pytest.mark.parametrize("name,head,family", EVERY if LONG else SOME)
def test_a_run(name, head, family, tmp_path, monkeypatch, capsys):
    try:
        config = checked(words(name, head, family, tmp_path / "cut"))
    except UserError as error:
        assert f"regularization {name} needs a head with" in str(error) and ": " in str(error)
        return
    uninterrupted = train(checked(words(name, head, family, tmp_path / "whole")))
    history = (uninterrupted.path / "metrics.csv").read_text()
    assert "nan" not in history and "inf" not in history
    started = []

    def cut(self, *arguments, **settings):
        started.append(1)
        if len(started) == 3:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(FineTuningModule, "on_train_batch_start", cut, raising=False)
    with pytest.raises(Interrupted):
        train(config)
    monkeypatch.undo()
    resumed = train(config)
    before, after = (load_file(run.path / "model/model.safetensors") for run in (uninterrupted, resumed))
    assert before.keys() == after.keys() and all(torch.equal(before[part], after[part]) for part in before)
    assert (resumed.path / "metrics.csv").read_text() == history
    (tmp_path / "input.txt").write_text("Anna met Bo in Rome\n")
    if head not in ("span", "language"):
        assert cli.run(["predict", f"run={resumed.path}", f"input={tmp_path}/input.txt", "output=-"]) == 0
        assert "prediction" in capsys.readouterr().out or head in ("contrastive", "crf", "token_classification")


@pytest.mark.parametrize("name", REGULARIZERS)
@pytest.mark.parametrize("head", HEADS)
def test_what_cannot_work_is_refused_with_the_reason(name, head, tmp_path):
    try:
        checked(words(name, head, "bert", tmp_path))
    except UserError as error:
        assert f"regularization {name} needs a head with" in str(error)
        assert "does not offer: " in str(error)
