"""Weights of a user's own head are in the export, whatever the head is, or it is refused."""

import json
import sys

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import checked
from tests.exporting.conftest import SMALL
from tunesmith import cli
from tunesmith.training.train import train

PLUGIN = '''
"""Heads of a user."""
import torch
from torch import nn
from torch.nn import functional
from tunesmith.heads.classification import Classification


class Own(nn.Module):
    """Saves the base model only."""

    task = "text_classification"
    offers = ()

    def __init__(self, backbone, task, *, scale: float):
        super().__init__()
        self.project = nn.Linear(backbone.config.hidden_size, task.outputs)
        self.scale = scale

    def forward(self, hidden, batch):
        return self.project(hidden[:, 0]).float() * self.scale

    def loss(self, scores, batch):
        return functional.cross_entropy(scores, batch.targets["labels"])

    def decode(self, scores, batch):
        return {"prediction": scores.argmax(-1), "probabilities": scores.softmax(-1)}

    def save(self, backbone, folder):
        with backbone.with_pooler(backbone.pretrained_pooler[0]) as model:
            model.save_pretrained(folder)


class Shifted(Classification):
    """Hugging Face's head, and a shift that its class does not have."""

    task = "text_classification"
    offers = ()

    def __init__(self, backbone, task):
        super().__init__(backbone, task)
        self.shift = nn.Parameter(torch.zeros(task.outputs))

    def forward(self, hidden, batch):
        return super().forward(hidden, batch) + self.shift


class Headless(Own):
    """Its save leaves out the pooler, which the class of its config needs."""

    task = "text_classification"
    offers = ()

    def __init__(self, backbone, task, *, scale: float):
        super().__init__(backbone, task, scale=scale)

    def save(self, backbone, folder):
        backbone.model.save_pretrained(folder)


class Plain(Classification):
    """Hugging Face's head under another name."""

    task = "text_classification"
    offers = ()
'''


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """A function that trains with a head of the package `heads_of_a_user`."""
    (tmp_path / "heads_of_a_user.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("TUNESMITH_PLUGINS", "heads_of_a_user")
    yield lambda name, *words: train(
        checked(
            [
                *SMALL,
                "dataset.size=24",
                f"head._target_=heads_of_a_user.{name}",
                *words,
                f"output_dir={tmp_path}/{name}",
            ]
        )
    )
    sys.modules.pop("heads_of_a_user", None)


@pytest.mark.parametrize(
    "name,words,lacking",
    [
        ("Own", ["+head.scale=2.0"], "project.bias, project.weight"),
        ("Shifted", [], "shift"),
    ],
)
def test_an_own_head_is_kept(name, words, lacking, trained, tmp_path, monkeypatch, capsys):
    run = trained(name, *words)
    capsys.readouterr()
    monkeypatch.delenv("TUNESMITH_PLUGINS")  # the export knows nothing of the head
    assert cli.run(["export", f"run={run.path}", f"output={tmp_path}/export"]) == 0
    assert (
        f"head.safetensors has the weights of heads_of_a_user.{name}, of which the Hugging Face class lacks {lacking}"
        in (capsys.readouterr().out)
    )
    kept, trained_ = load_file(tmp_path / "export/head.safetensors"), load_file(run.model / "head.safetensors")
    assert kept.keys() == trained_.keys()
    assert all(torch.equal(value, trained_[key]) for key, value in kept.items())
    settings = json.loads((tmp_path / "export/head.json").read_text())
    assert settings["labels"] == ["negative", "positive"]
    assert settings["head"]["_target_"] == f"heads_of_a_user.{name}" and settings["head"] == run.config()["head"]
    card = (tmp_path / "export/README.md").read_text()
    assert "its outputs alone are not this model's predictions" in card and "pipeline" not in card
    monkeypatch.chdir(tmp_path / "export")
    exec(card.split("```python\n")[1].split("```")[0], {})


def test_a_head_without_weights_of_its_own_needs_nothing_beside_it(trained, tmp_path, capsys):
    run = trained("Plain")
    capsys.readouterr()
    assert cli.run(["export", f"run={run.path}", f"output={tmp_path}/export"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{tmp_path}/export"]
    assert not (tmp_path / "export/head.safetensors").exists()
    assert "The run's head is `heads_of_a_user.Plain`" in (tmp_path / "export/README.md").read_text()


def test_a_head_that_does_not_save_what_its_class_needs_is_refused(trained, tmp_path, capsys):
    run = trained("Headless", "+head.scale=1.0")
    assert cli.run(["export", f"run={run.path}", f"output={tmp_path}/export"]) == 2
    error = capsys.readouterr().err
    assert "lacks weights that its class BertModel needs: pooler.dense.bias, pooler.dense.weight" in error
    assert not (tmp_path / "export").exists()
