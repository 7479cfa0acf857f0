"""The new weights have the distribution of Hugging Face's own initialisation, and all others stay."""

import math

import pytest
import torch
from transformers import AutoModel

from tests.conftest import TINY, checked
from tests.heads.test_classification import FAMILIES, TEXTS, mini, text_task
from tests.regularizers.modules import module_of, refusal
from tunesmith.backbones.backbone import Backbone
from tunesmith.data.survey.survey import surveyed
from tunesmith.errors import UserError
from tunesmith.heads.classification import Classification
from tunesmith.regularizers.reinit import Reinit
from tunesmith.training import outline
from tunesmith.training.module import FineTuningModule

TOP = {"bert": "encoder.layer.1.", "roberta": "encoder.layer.1.", "xlnet": "layer.1.", "gpt2": "h.1."}


def pretrained(family, folder):
    """A module whose backbone was loaded from a folder: all weights 0.5, which no initialisation gives."""
    spec = mini(family)
    tokenizer = spec.tokenizer(lambda: TEXTS, pre_split=False)
    model = spec.model(spec.config())
    for parameter in model.parameters():
        torch.nn.init.constant_(parameter, 0.5)
    model.save_pretrained(folder)
    backbone = Backbone(AutoModel.from_pretrained(folder), tokenizer)
    return FineTuningModule(backbone, Classification(backbone, text_task("single_label", False)), [])


@pytest.mark.parametrize("family", FAMILIES)
def test_the_top_layer_is_initialised_as_hugging_face_does(family, tmp_path):
    module = pretrained(family, tmp_path)
    torch.manual_seed(0)
    Reinit(layers=1, pooler=True).configure_model(module)
    reference = dict(AutoModel.from_config(module.backbone.config).named_parameters())
    for name, found in module.backbone.model.named_parameters():
        if not name.startswith(TOP[family]):
            assert (found == 0.5).all(), name
        elif reference[name].std() == 0:  # biases 0, norms 1
            assert torch.equal(found, reference[name]), name
        else:
            few = 4 / math.sqrt(found.numel())  # standard errors
            assert abs(found.std() / reference[name].std() - 1) < few and abs(found.mean()) < 0.03 * few, name
    if family == "gpt2":  # its paper scales the projections onto the residual stream by 1/sqrt(2 * layers)
        block = module.backbone.model.h[1]
        for projection in (block.attn.c_proj, block.mlp.c_proj):
            assert projection.weight.std().item() == pytest.approx(0.02 / math.sqrt(2 * 2), rel=0.1)
    if family == "bert":
        dense = module.head.stem.bert.pooler.dense
        assert dense.weight.std().item() == pytest.approx(0.02, rel=0.1) and not dense.bias.any()
        assert dense is module.backbone.pretrained_pooler[0].dense


def test_without_the_pooler(tmp_path):
    module = pretrained("bert", tmp_path)
    Reinit(layers=2, pooler=False).configure_model(module)
    assert (module.head.stem.bert.pooler.dense.weight == 0.5).all()
    assert not any((p == 0.5).any() for p in module.backbone.model.encoder.parameters())


def test_no_layers_change_nothing_and_draw_nothing(tmp_path):
    module = pretrained("bert", tmp_path)
    state = torch.get_rng_state()
    Reinit(layers=0, pooler=False).configure_model(module)
    assert torch.equal(torch.get_rng_state(), state)
    assert all((p == 0.5).all() for p in module.backbone.parameters())


def test_a_model_without_values():
    module, _ = module_of()
    module.to("meta")
    Reinit(layers=2, pooler=True).configure_model(module)
    assert all(parameter.is_meta for parameter in module.parameters())


def test_more_layers_than_there_are():
    with pytest.raises(
        UserError, match=r"reinit\.layers is 3, but the model has 2 layers; set regularization\.reinit\.layers<=2"
    ):
        module_of(Reinit(layers=3, pooler=True))


@pytest.mark.parametrize("frozen", ["layers=2", "backbone=true", "biases_only=true"])
@pytest.mark.parametrize("order", ["reinit,freeze", "freeze,reinit"])
def test_new_weights_that_would_stay_random(order, frozen):
    words = [f"regularization=[{order}]", f"regularization.freeze.{frozen}", "backbone.layers=2"]
    assert "reinit.layers is 1, but some weights of these layers are frozen" in refusal(*words)


def test_frozen_layers_below_the_new_ones():
    config = checked([*TINY, "regularization=[reinit,freeze]", "regularization.freeze.layers=1", "backbone.layers=2"])
    module = outline.module_without_weights(config, surveyed(config["dataset"]))
    trained = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    assert any(".layer.1." in name for name in trained) and not any(".layer.0." in name for name in trained)
