"""Properties of a backbone that every run relies on."""

import pytest
import pytorch_lightning as pl

from tests.conftest import TINY, checked
from tunesmith.backbones.mini import Mini
from tunesmith.backbones.pretrained import Pretrained
from tunesmith.training.train import train


class Modes(pl.Callback):
    """Records the submodules that are in eval mode at a training batch."""

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.evaluating = [name for name, module in pl_module.named_modules() if not module.training]


def test_a_pretrained_backbone_trains_with_dropout(tiny_run, tmp_path, monkeypatch):
    # `from_pretrained` returns a model in eval mode, and Lightning keeps that mode.
    modes = Modes()
    original = pl.Trainer.__init__
    monkeypatch.setattr(
        pl.Trainer,
        "__init__",
        lambda self, *, callbacks, **settings: original(self, callbacks=[*callbacks, modes], **settings),
    )
    overrides = [word for word in TINY if not word.startswith("backbone.")]
    places = ["backbone=bert", f"backbone.name={tiny_run.model}", f"output_dir={tmp_path}"]
    train(checked([*overrides, *places, "trainer.max_steps=2"]))
    assert modes.evaluating == []


@pytest.mark.parametrize("family,side", [("bert", "right"), ("gpt2", "right"), ("roberta", "right"), ("xlnet", "left")])
def test_a_tokenizer_that_pads_on_the_left_does_not_shift_positions(family, side, tmp_path):
    spec = Mini(family=family, vocabulary=300, layers=1, heads=2, width=32, max_positions=64, learning_rate=1e-3)
    tokenizer = spec.tokenizer(lambda: ["a b c"], pre_split=False)
    tokenizer.padding_side = "left"
    tokenizer.save_pretrained(tmp_path)
    spec.model(spec.config()).save_pretrained(tmp_path)
    loaded = Pretrained(name=str(tmp_path), revision=None, max_positions=None, learning_rate=1e-3)
    assert loaded.tokenizer(list, pre_split=False).padding_side == side
