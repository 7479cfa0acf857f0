"""Each regularizer against its paper's formula or a library's implementation."""

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from tests.heads.test_classification import build, text_task
from tunesmith.backbones.families import set_dropout
from tunesmith.errors import UserError
from tunesmith.regularizers.class_weights import ClassWeights
from tunesmith.regularizers.label_smoothing import LabelSmoothing
from tunesmith.regularizers.llrd import LayerwiseLearningRateDecay
from tunesmith.regularizers.rdrop import RDrop
from tunesmith.regularizers.standard import Standard
from tunesmith.training.module import FineTuningModule

STANDARD = {
    "hidden_dropout": None,
    "attention_dropout": None,
    "classifier_dropout": None,
    "weight_decay": 0.1,
    "gradient_clip": 0.5,
}


def build_module(family, *regularizers):
    backbone, head, batch = build(family, "single_label", "right", False)
    return FineTuningModule(backbone, head, list(regularizers)), batch


@pytest.mark.parametrize("family", ["bert", "roberta", "xlnet", "gpt2"])
def test_weight_decay_excludes_biases_and_norms(family):
    module, _ = build_module(family, Standard(**STANDARD))
    decayed = {id(p) for group in module.parameter_groups() if group["weight_decay"] == 0.1 for p in group["params"]}
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:  # XLNet's mask_emb, which is not trained here
            continue
        exempt = "bias" in name or "norm" in name.lower() or ".ln_" in name
        assert (id(parameter) not in decayed) == exempt, name


def test_gradients_are_clipped():
    module, batch = build_module("bert")
    (1000 * module.training_step(batch, 0)).backward()
    Standard(**STANDARD).on_before_optimizer_step(None, module, None)
    norm = torch.sqrt(sum((p.grad**2).sum() for p in module.parameters() if p.grad is not None))
    assert norm == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("family", ["bert", "roberta", "xlnet", "gpt2"])
def test_layerwise_decay(family):
    module, _ = build_module(family, LayerwiseLearningRateDecay(decay=0.5))
    scale = {id(p): group["lr_scale"] for group in module.parameter_groups() for p in group["params"]}
    for name, parameter in module.named_parameters():
        layer = next((int(part) for part in name.split(".") if part.isdecimal()), None)
        if name.startswith("head."):
            assert scale[id(parameter)] == 1.0
        elif layer is not None:
            assert scale[id(parameter)] == 0.5 ** (2 - layer), name
        elif "embed" in name or "wte" in name or "wpe" in name:
            assert scale[id(parameter)] == 0.5**3, name


def test_rdrop_equals_the_papers_loss():
    module, batch = build_module("bert", RDrop(alpha=2.0))
    module.train()
    torch.manual_seed(1)
    total = module.training_step(batch, 0)
    torch.manual_seed(1)
    one, two = module(batch), module(batch)
    p, q = one.softmax(-1), two.softmax(-1)
    divergence = 0.5 * ((p * (p / q).log()).sum(-1) + (q * (q / p).log()).sum(-1)).mean()
    targets = batch.targets["labels"]
    entropy = torch.nn.functional.cross_entropy
    torch.testing.assert_close(total, entropy(one, targets) + entropy(two, targets) + 2.0 * divergence)
    assert divergence > 0


def test_label_smoothing_and_class_weights_equal_torchs_and_are_off_in_evaluation():
    module, batch = build_module("bert")
    smoothing, weights = LabelSmoothing(epsilon=0.2), ClassWeights(weights=[1.0, 2.0, 3.0])
    weights._tensor = torch.tensor([1.0, 2.0, 3.0])
    scores, targets = torch.randn(3, 3), batch.targets["labels"]
    plain = module.head.loss(scores, batch)
    for regularizer in (smoothing, weights):
        regularizer.on_train_batch_start(None, module, batch, 0)
    expected = torch.nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]), label_smoothing=0.2)(scores, targets)
    torch.testing.assert_close(module.head.loss(scores, batch), expected)
    for regularizer in (smoothing, weights):
        regularizer.on_validation_start(None, module)
    torch.testing.assert_close(module.head.loss(scores, batch), plain)


def test_balanced_weights_equal_scikit_learns():
    from types import SimpleNamespace as Names

    targets = [0] * 5 + [1] * 2 + [2]
    split = Names(examples=Names(data=Names(column=lambda name: Names(to_pylist=lambda: targets))))
    data = Names(task=text_task("single_label", False), splits={"train": split})
    regularizer = ClassWeights(weights="balanced")
    regularizer.setup(Names(datamodule=data), None, "fit")
    expected = compute_class_weight("balanced", classes=np.arange(3), y=targets)
    assert regularizer._tensor.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("family", ["bert", "roberta", "xlnet", "gpt2"])
def test_dropouts_reach_the_model(family):
    backbone, _, _ = build(family, "single_label", "right", False)
    set_dropout(backbone.config, hidden=0.37, attention=None, classifier=None)
    rebuilt = type(backbone.model)(backbone.config)
    assert any(isinstance(part, torch.nn.Dropout) and part.p == 0.37 for part in rebuilt.modules())


def test_an_unsupported_dropout_is_rejected():
    backbone, _, _ = build("gpt2", "single_label", "right", False)
    with pytest.raises(UserError, match="gpt2 has no classifier dropout"):
        set_dropout(backbone.config, hidden=None, attention=None, classifier=0.3)
