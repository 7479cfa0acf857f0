"""Each regularizer against its paper's formula or a library's implementation."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.distributions import Categorical, kl_divergence

from tests.heads import test_token_classification as tagging
from tests.heads.test_classification import build, mini, text_task
from tunesmith.backbones.families import set_dropout
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.errors import UserError
from tunesmith.heads.token_classification import TokenClassification
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
    decay = {id(p): group["weight_decay"] for group in module.parameter_groups() for p in group["params"]}
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:  # XLNet's mask_emb, which is not trained here
            continue
        exempt = "bias" in name or "norm" in name.lower() or ".ln_" in name
        assert decay[id(parameter)] == (0.0 if exempt else 0.1), name


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
        elif parameter.requires_grad:  # GPT-2's last norm, which follows the top layer
            assert scale[id(parameter)] == 0.5, name


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


def test_rdrop_compares_real_words_only():
    backbone, head, batch, _ = tagging.build("bert", TokenClassification, "right", constrained=False)
    first = torch.randn(*batch.targets["labels"].shape, 5)
    with torch.no_grad():
        second = head(backbone(batch), batch)
        found = RDrop(alpha=3.0).penalty(SimpleNamespace(backbone=backbone, head=head), batch, first, None)
    words = batch.targets["labels"] >= 0
    p, q = (Categorical(logits=scores[words]) for scores in (first, second))
    divergence = (kl_divergence(p, q) + kl_divergence(q, p)).mean() / 2
    torch.testing.assert_close(found, head.loss(second, batch) + 3.0 * divergence)


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


LABELS = {"single_label": ["a"] * 5 + ["b"] * 2, "multi_label": ["a,b", "a", "a", ""]}  # no example has c


def fitted(regularizer, problem, stage="fit"):
    """A regularizer that has been set up with a training split, which sees no other split."""
    task, tokenizer = text_task(problem, False), mini("bert").tokenizer(lambda: ["fine"], pre_split=False)
    rows = [{"text": "fine", "label": label} for label in LABELS[problem]]
    split = EncodedSplit.of(rows, task=task, tokenizer=tokenizer)
    regularizer.setup(SimpleNamespace(datamodule=SimpleNamespace(task=task, splits={"train": split})), None, stage)
    return regularizer


def test_balanced_weights_of_single_labels_equal_scikit_learns():
    module, batch = build_module("bert")
    fitted(ClassWeights(weights="balanced"), "single_label").on_train_batch_start(None, module, batch, 0)
    targets = ["abc".index(label) for label in LABELS["single_label"]]
    found, occurring = module.head.class_weights, compute_class_weight("balanced", classes=np.arange(2), y=targets)
    assert (found[:2] * 3 / 2).tolist() == pytest.approx(occurring)  # scikit-learn sees two of the three labels
    assert found[2] == pytest.approx(7 / 3) and found.dtype == torch.float32  # as if it occurred once


def test_balanced_weights_of_several_labels_give_positives_and_negatives_the_same_weight():
    module, batch = build_module("bert")
    fitted(ClassWeights(weights="balanced"), "multi_label").on_train_batch_start(None, module, batch, 0)
    targets = np.array([["a" in labels, "b" in labels] for labels in LABELS["multi_label"]])
    weights = module.head.class_weights.numpy()
    assert (weights[:2] * targets).sum(0).tolist() == pytest.approx((~targets).sum(0).tolist())
    assert weights[2] == 3  # as if it occurred once


def test_balanced_weights_of_tags_equal_scikit_learns():
    task, tokenizer = tagging.tag_task(), mini("bert").tokenizer(lambda: ["May"], pre_split=True)
    rows = [{"tokens": words, "tags": tags} for words, tags in tagging.SENTENCES]
    split = EncodedSplit.of(rows, task=task, tokenizer=tokenizer)
    regularizer = ClassWeights(weights="balanced")
    regularizer.setup(SimpleNamespace(datamodule=SimpleNamespace(task=task, splits={"train": split})), None, "fit")
    module = unweighted("cpu")
    regularizer.on_train_batch_start(None, module, None, 0)
    targets = [tag for _, tags in tagging.SENTENCES for tag in tags]
    occurring = [tag for tag in tagging.LABELS if tag in targets]
    expected = compute_class_weight("balanced", classes=np.array(occurring), y=targets)
    found = dict(zip(tagging.LABELS, module.head.class_weights.tolist(), strict=True))
    assert [found[tag] * len(tagging.LABELS) / len(occurring) for tag in occurring] == pytest.approx(expected)


def unweighted(device):
    return SimpleNamespace(device=device, head=SimpleNamespace(class_weights=None))


def test_class_weights_are_moved_to_the_device_once_and_only_for_training():
    module, regularizer = unweighted("cpu"), fitted(ClassWeights(weights=[1, 2, 3]), "single_label")
    regularizer.on_train_batch_start(None, module, None, 0)
    given = module.head.class_weights
    assert given.tolist() == [1, 2, 3] and given.dtype == torch.float32
    regularizer.on_train_batch_start(None, module, None, 1)
    assert module.head.class_weights is given
    regularizer.on_validation_start(None, module)
    assert module.head.class_weights is None
    regularizer.on_train_batch_start(None, elsewhere := unweighted("meta"), None, 0)
    assert elsewhere.head.class_weights.device.type == "meta"
    fitted(ClassWeights(weights=[1, 2, 3]), "single_label", "test").on_train_batch_start(None, module, None, 0)
    assert module.head.class_weights is None  # a run that is only evaluated has no training split


def test_a_wrong_number_of_class_weights_is_refused():
    with pytest.raises(UserError, match="has 2 weights, but there are 3 labels: a, b, c"):
        fitted(ClassWeights(weights=[1.0, 2.0]), "single_label")


def test_dropout_probabilities_are_set_in_the_config():
    dropout = {"hidden_dropout": 0.3, "attention_dropout": 0.2, "classifier_dropout": 0.4}
    backbone, _, _ = build("bert", "single_label", "right", False)
    Standard(**STANDARD | dropout).configure_backbone(backbone.config)
    config = backbone.config
    found = (config.hidden_dropout_prob, config.attention_probs_dropout_prob, config.classifier_dropout)
    assert found == (0.3, 0.2, 0.4)


def test_without_a_limit_gradients_are_not_clipped():
    module, batch = build_module("bert")
    (1000 * module.training_step(batch, 0)).backward()
    before = [p.grad.clone() for p in module.parameters() if p.grad is not None]
    Standard(**STANDARD | {"gradient_clip": None}).on_before_optimizer_step(None, module, None)
    assert all(map(torch.equal, before, [p.grad for p in module.parameters() if p.grad is not None]))


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
