"""What `check` says of a config's parameters equals what a run trains."""

import re

import pytest
import torch

from tests.conftest import TINY, checked
from tests.heads import test_classification as classification
from tests.heads.test_classification import FAMILIES
from tunesmith import cli
from tunesmith.data.survey.survey import surveyed
from tunesmith.heads.classification import Classification
from tunesmith.training import outline
from tunesmith.training.module import FineTuningModule
from tunesmith.training.train import train

CASES = [
    [],
    ["regularization=[standard,llrd,rdrop]"],
    ["dataset=demo_entities", "head=crf", "regularization=none"],
    ["dataset=demo_corpus", "head=masked_lm", "dataset.max_length=64"],
]


@pytest.mark.parametrize("words", CASES)
def test_the_groups_are_those_of_the_optimizer(words, tmp_path, monkeypatch):
    config = checked([*TINY, *words, "trainer.max_steps=1", "scheduler=constant", f"output_dir={tmp_path}"])
    found = []
    configure = FineTuningModule.configure_optimizers

    def noting(self):
        configured = configure(self)
        found.append((self, configured["optimizer"]))
        return configured

    monkeypatch.setattr(FineTuningModule, "configure_optimizers", noting)
    train(config)
    module, optimizer = found[0]
    trained = {}
    for group in optimizer.param_groups:
        key = (round(group["initial_lr"], 12), group["weight_decay"])
        trained[key] = trained.get(key, 0) + sum(parameter.numel() for parameter in group["params"])
    without = outline.module_without_weights(config, surveyed(config["dataset"]))
    assert all(parameter.device.type == "meta" for parameter in without.backbone.parameters())
    options = config["optimizer"]
    shown = {}
    for group in outline.groups(without, lr=options["lr"], weight_decay=options["weight_decay"]):
        assert group.lr is not None
        key = (round(group.lr, 12), group.weight_decay)
        shown[key] = shown.get(key, 0) + group.count
    assert shown == pytest.approx(trained)
    assert sum(shown.values()) == sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("family", FAMILIES)
def test_check_prints_them(family, capsys):
    assert cli.run(["check", *TINY, f"backbone=random_{family}", "regularization=[standard,rdrop]"]) == 0
    out = capsys.readouterr().out
    assert "Settings and data are valid" in out.splitlines()[0]
    counts = [int(count.replace(",", "")) for count in re.findall(r"│\s+([\d,]+) │", out)]
    without = outline.module_without_weights(
        config := checked([*TINY, f"backbone=random_{family}"]), surveyed(config["dataset"])
    )
    assert sum(counts) == sum(parameter.numel() for parameter in without.parameters())
    assert ("not trained" in out) == (family == "xlnet")  # its mask_emb
    assert "Forward passes of a training step: 2, backward passes: 2 (rdrop adds 1 and 1)." in out


CHOSEN = [
    "rdrop",
    "rdrop,llrd",
    "r3f",
    "vat",
    "smart",
    "freelb",
    "freelb,rdrop",
    "sam",
    "sam,rdrop",
    "mixup",
    "focal,fgm",
    "freelb,focal,class_weights,l2sp",
    "freelb,confidence_penalty",
    "fgm weight=0",
    "r3f weight=0",
    "vat alpha=0",
    "sam rho=0",
    "smart smoothness=0",
    "supervised_contrastive weight=0",
]


@pytest.mark.parametrize("chosen", CHOSEN)
def test_the_passes_are_those_of_a_step(chosen):
    names, *settings = chosen.split()
    strengths = [f"regularization.{names}.{setting}" for setting in settings]
    config = checked([*TINY, f"regularization=[standard,{names}]", *strengths])
    module = outline.module_without_weights(config, surveyed(config["dataset"]))
    backbone, head, batch = classification.build("bert", "single_label", "right", False)
    own = FineTuningModule(backbone, head, module.regularizers).train()
    passes = []
    own.register_forward_hook(lambda *_: passes.append(1))
    own.training_step(batch, 0)
    assert outline.passes(module)[0] == len(passes)


def test_patterns():
    assert outline.pattern(["a.b.weight"]) == "a.b.weight"
    assert outline.pattern(["a.b.weight", "a.c.weight"]) == "a.*.weight"
    assert outline.pattern(["a.0.b.bias", "a.1.bias", "a.1.c.weight"]) == "a.*"
    assert outline.pattern(["a.b", "a.b.c"]) == "a.*"
    assert outline.pattern(["b.x", "a.x"]) == "*.x"


def test_a_model_that_is_not_here_is_not_downloaded(capsys):
    assert cli.run(["check", *TINY[:4], "backbone=bert", "backbone.name=someone/model"]) == 0
    assert "once it is downloaded, its parameter groups are listed here" in capsys.readouterr().out
    assert not torch.cuda.is_initialized()


def test_a_head_that_needs_the_values_of_weights_is_no_mistake(monkeypatch, capsys):
    original = Classification.__init__

    def computing(self, backbone, task):
        original(self, backbone, task)
        float(backbone.embeddings.weight.sum())

    monkeypatch.setattr(Classification, "__init__", computing)
    assert cli.run(["check", *TINY]) == 0
    assert (
        "The parameter groups are not listed, since the model cannot be built without weights"
        in capsys.readouterr().out
    )
