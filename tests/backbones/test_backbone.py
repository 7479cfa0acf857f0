"""Properties of a backbone that every run relies on."""

import pytorch_lightning as pl

from tests.conftest import TINY, checked
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
