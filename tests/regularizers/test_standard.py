"""Dropout, weight decay with its exceptions, and clipping."""

import pytest
import torch

from tests.conftest import checked
from tests.heads.test_classification import build
from tests.regularizers.modules import module_of
from tunesmith.backbones.families import set_dropout
from tunesmith.data.survey.survey import surveyed
from tunesmith.errors import UserError
from tunesmith.regularizers.standard import Standard
from tunesmith.training import outline

STANDARD = {
    "hidden_dropout": None,
    "attention_dropout": None,
    "classifier_dropout": None,
    "weight_decay": 0.1,
    "gradient_clip": 0.5,
}


@pytest.mark.parametrize("family", ["bert", "roberta", "xlnet", "gpt2"])
def test_weight_decay_excludes_biases_and_norms(family):
    module, _ = module_of(Standard(**STANDARD), family=family)
    decay = {id(p): group["weight_decay"] for group in module.parameter_groups() for p in group["params"]}
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:  # XLNet's mask_emb, which is not trained here
            continue
        exempt = "bias" in name or "norm" in name.lower() or ".ln_" in name
        assert decay[id(parameter)] == (0.0 if exempt else 0.1), name


def test_gradients_are_clipped():
    module, batch = module_of()
    (1000 * module.training_step(batch, 0)).backward()
    Standard(**STANDARD).on_before_optimizer_step(None, module, None)
    norm = torch.sqrt(sum((p.grad**2).sum() for p in module.parameters() if p.grad is not None))
    assert norm == pytest.approx(0.5, abs=1e-3)


def test_without_a_limit_gradients_are_not_clipped():
    module, batch = module_of()
    (1000 * module.training_step(batch, 0)).backward()
    before = [p.grad.clone() for p in module.parameters() if p.grad is not None]
    Standard(**STANDARD | {"gradient_clip": None}).on_before_optimizer_step(None, module, None)
    assert all(map(torch.equal, before, [p.grad for p in module.parameters() if p.grad is not None]))


def test_dropout_probabilities_are_set_in_the_config():
    dropout = {"hidden_dropout": 0.3, "attention_dropout": 0.2, "classifier_dropout": 0.4}
    backbone, _, _ = build("bert", "single_label", "right", False)
    Standard(**STANDARD | dropout).configure_backbone(backbone.config)
    config = backbone.config
    found = (config.hidden_dropout_prob, config.attention_probs_dropout_prob, config.classifier_dropout)
    assert found == (0.3, 0.2, 0.4)


@pytest.mark.parametrize("family", ["bert", "roberta", "xlnet", "gpt2"])
def test_dropouts_reach_the_model(family):
    backbone, _, _ = build(family, "single_label", "right", False)
    set_dropout(backbone.config, hidden=0.37, attention=None, classifier=None)
    rebuilt = type(backbone.model)(backbone.config)
    assert any(isinstance(part, torch.nn.Dropout) and part.p == 0.37 for part in rebuilt.modules())


def test_an_unsupported_dropout_is_rejected():
    backbone, _, _ = build("xlnet", "single_label", "right", False)
    with pytest.raises(UserError, match="xlnet has no attention dropout"):
        set_dropout(backbone.config, hidden=None, attention=0.3, classifier=None)


@pytest.mark.parametrize("dataset", ["demo_reviews", "demo_entities", "demo_questions"])
@pytest.mark.parametrize("family", ["bert", "roberta", "xlnet", "gpt2"])
def test_a_dropout_of_the_classifier_acts_or_is_refused(family, dataset):
    words = [
        f"backbone=random_{family}",
        f"dataset={dataset}",
        "dataset.size=30",
        "regularization.standard.classifier_dropout=0.37",
    ]
    words += {
        "demo_entities": ["head=token_classification"],
        "demo_questions": ["head=span", "dataset.max_length=96"],
    }.get(dataset, [])
    config = checked(words)
    found = found_dropout(config)
    if isinstance(found, UserError):
        assert f"this head of {family} has no dropout before its projection; set it to null" in str(found)
        assert dataset == "demo_questions" or family in ("xlnet", "gpt2")
    else:
        assert 0.37 in found


def found_dropout(config):
    """The probabilities of a model's head, or why it is refused."""
    try:
        return [
            part.p
            for part in outline.module_without_weights(config, surveyed(config["dataset"])).head.modules()
            if isinstance(part, torch.nn.Dropout)
        ]
    except UserError as error:
        return error
