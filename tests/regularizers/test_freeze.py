"""The trained weights are those that the names in Hugging Face's models say, and no others move."""

import pytest
import torch

from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import module_of
from tunesmith.errors import UserError
from tunesmith.regularizers.freeze import Freeze

NOTHING = {"embeddings": False, "layers": 0, "backbone": False, "biases_only": False}
EMBEDDINGS = {
    "bert": ("embeddings.",),
    "roberta": ("embeddings.",),
    "xlnet": ("word_embedding.",),
    "gpt2": ("wte.", "wpe."),
}
LOWEST = {"bert": "encoder.layer.0.", "roberta": "encoder.layer.0.", "xlnet": "layer.0.", "gpt2": "h.0."}


def freeze(**settings):
    return Freeze(**(NOTHING | settings))


def changed(module, batch):
    """Names of the backbone's weights that an optimizer with weight decay moves, and those that it does not."""
    before = {name: weight.detach().clone() for name, weight in module.named_parameters()}
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.1, weight_decay=0.1)
    module.training_step(batch, 0).backward()
    optimizer.step()
    moved = {name: not torch.equal(weight, before[name]) for name, weight in module.named_parameters()}
    assert any(move for name, move in moved.items() if name.startswith("head."))
    prefix = "backbone.model."
    return {name.removeprefix(prefix): move for name, move in moved.items() if name.startswith(prefix)}


def unused(family, name):  # XLNet's, of its language model or of the other part of a pair
    return family == "xlnet" and name == "mask_emb"


@pytest.mark.parametrize("family", FAMILIES)
def test_embeddings_and_the_lowest_layer(family):
    moved = changed(*module_of(freeze(embeddings=True, layers=1), family=family))
    for name, move in moved.items():
        frozen = name.startswith((*EMBEDDINGS[family], LOWEST[family]))
        assert move != (frozen or unused(family, name)), name
    assert sum(moved.values()) > 5


@pytest.mark.parametrize("family", FAMILIES)
def test_only_biases(family):
    # BitFit's paper lists them: of the attention's four projections, of both of the MLP's and of the norms.
    found = [name for name, move in changed(*module_of(freeze(biases_only=True), family=family)).items() if move]
    assert found and all(name.endswith("bias") for name in found)
    if family == "bert":  # two layers, and the norm of the embeddings
        assert len(found) == 2 * (4 + 2 + 2) + 1


@pytest.mark.parametrize("family", FAMILIES)
def test_all_but_the_head(family):
    assert not any(changed(*module_of(freeze(backbone=True), family=family)).values())


def test_nothing_frozen_is_plain_training():
    (plain, batch), (other, _) = module_of(), module_of(freeze())
    assert torch.equal(plain.training_step(batch, 0), other.training_step(batch, 0))
    assert [p.requires_grad for p in plain.parameters()] == [p.requires_grad for p in other.parameters()]


def test_frozen_weights_are_in_no_parameter_group():
    module, _ = module_of(freeze(backbone=True))
    trained = {id(p) for group in module.parameter_groups() for p in group["params"]}
    assert trained == {id(p) for p in module.head.parameters()}


def test_more_layers_than_there_are():
    with pytest.raises(
        UserError, match=r"freeze\.layers is 3, but the model has 2 layers; set regularization\.freeze\.layers<=2"
    ):
        module_of(freeze(layers=3))


def test_no_biases():
    module, _ = module_of()
    for part in module.backbone.model.modules():
        if getattr(part, "bias", None) is not None:
            part.bias = None
    with pytest.raises(UserError, match=r"biases_only is true, but bert models have no biases; set it to false"):
        freeze(biases_only=True).configure_model(module)


def test_nothing_left_to_train():
    module, _ = module_of()
    module.head = torch.nn.Identity()  # as that of GPT-2's language model, whose only weights are the embeddings
    with pytest.raises(UserError, match=r"leaves nothing to train.*set regularization\.freeze\.backbone=false"):
        freeze(backbone=True).configure_model(module)
