"""Logits, losses and scores of the language-model heads equal Hugging Face's classes with the same weights."""

import copy
import math

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoTokenizer,
    DistilBertConfig,
    ElectraConfig,
    ModernBertConfig,
    XLNetLMHeadModel,
)

from tunesmith.backbones.backbone import Backbone
from tunesmith.backbones.mini import Mini
from tunesmith.backbones.pretrained import Pretrained
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.heads.causal_lm import CausalLm
from tunesmith.heads.masked_lm import MaskedLm
from tunesmith.heads.permuted_lm import PermutedLm
from tunesmith.tasks.language_modeling import LanguageModeling
from tunesmith.training.module import FineTuningModule

TEXTS = [
    "the story was gripping",
    "a very long and rather dull review of a film that nobody saw, not even twice",
    "fine",
]
MASKED = {"rate": 0.4, "unit": "token", "fresh": True, "mask_share": 0.8, "random_share": 0.1}
PERMUTED = {"rate": 0.3, "longest_span": 3, "fresh": True}
PAIRINGS = {
    "bert": (MaskedLm, MASKED, AutoModelForMaskedLM),
    "roberta": (MaskedLm, MASKED, AutoModelForMaskedLM),
    "gpt2": (CausalLm, {}, AutoModelForCausalLM),
    "xlnet": (PermutedLm, PERMUTED, XLNetLMHeadModel),
}


def lm_task(**settings):
    defaults = {
        "text": "text",
        "packing": "none",
        "across_documents": True,
        "streaming": False,
        "metrics": ["perplexity"],
        "max_length": 24,
    }
    return LanguageModeling(**defaults | settings)


def mini(family):
    return Mini(family=family, vocabulary=400, layers=2, heads=2, width=32, max_positions=64, learning_rate=1e-3)


def build(family, config_class=None, side=None):
    spec = mini(family)
    tokenizer = spec.tokenizer(lambda: TEXTS, pre_split=False)
    tokenizer.padding_side = side or tokenizer.padding_side
    config = spec.config()
    if config_class is not None:
        small = {"vocab_size": len(tokenizer), "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
        config = config_class(**small, intermediate_size=64, pad_token_id=tokenizer.pad_token_id)
    torch.manual_seed(0)
    backbone = Backbone(spec.model(config), tokenizer, lambda name: spec.model(config, name))
    head_class, settings, reference = PAIRINGS[family]
    head = head_class(backbone, lm_task(), **settings)
    split = EncodedSplit.of([{"text": text} for text in TEXTS], task=lm_task(), tokenizer=tokenizer)
    batch = split[np.arange(len(split))]
    original = copy.deepcopy(batch.inputs["input_ids"])
    head.prepare(batch, seed=1, epoch=0)
    return backbone.eval(), head.eval(), split, batch, original, reference


def compare(backbone, head, batch, original, reference, folder):
    head.save(backbone, folder)
    backbone.tokenizer.save_pretrained(folder)
    model, info = reference.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"]
    labels = torch.full_like(original, -100)
    if isinstance(head, CausalLm):
        real = batch.inputs.get("attention_mask", torch.ones_like(original))
        first = real.cumsum(1) == 1  # has no preceding token
        labels = original.masked_fill((real == 0) | first, -100)
    else:
        width = batch.inputs["target_mapping"].shape[1] if "target_mapping" in batch.inputs else original.shape[1]
        labels = torch.full((len(original), width), -100)
        labels.view(-1)[batch.layout["places"]] = batch.targets["labels"]
    with torch.no_grad():
        expected = model.eval()(**batch.inputs, labels=labels)
        scores = head(backbone(batch), batch)
    assert len(scores) > 3
    torch.testing.assert_close(scores, expected.logits.flatten(0, 1)[batch.layout["places"]], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(head.loss(scores, batch), expected.loss, rtol=1e-4, atol=1e-5)
    return scores


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("family", PAIRINGS)
def test_logits_and_loss_equal_hugging_face(family, side, tmp_path):
    backbone, head, _, batch, original, reference = build(family, side=side)
    compare(backbone, head, batch, original, reference, tmp_path)


@pytest.mark.parametrize("config_class", [DistilBertConfig, ElectraConfig, ModernBertConfig])
def test_other_masked_families(config_class, tmp_path):
    backbone, head, _, batch, original, reference = build("bert", config_class)
    compare(backbone, head, batch, original, reference, tmp_path)


@pytest.mark.parametrize("family", PAIRINGS)
def test_a_saved_model_can_be_loaded_as_a_backbone_with_a_tied_output_layer(family, tmp_path):
    backbone, head, _, batch, original, reference = build(family)
    scores = compare(backbone, head, batch, original, reference, tmp_path)
    spec = Pretrained(name=str(tmp_path), revision=None, max_positions=64, learning_rate=1e-3)
    config = spec.config()
    reloaded = Backbone(
        spec.model(config), AutoTokenizer.from_pretrained(tmp_path), lambda name: spec.model(config, name)
    )
    other = type(head)(reloaded, lm_task(), **PAIRINGS[family][1]).eval()
    reloaded.eval()
    with torch.no_grad():
        torch.testing.assert_close(other(reloaded(batch), batch), scores)
    embeddings = reloaded.model.get_input_embeddings().weight
    assert any(parameter is embeddings for parameter in other.parameters())
    head_only = FineTuningModule(reloaded, other, []).parameter_groups()
    assert sum(len(group["params"]) for group in head_only) == len({id(p) for g in head_only for p in g["params"]})
    if backbone.pretrained_pooler[0] is not None:  # used by a later classifier
        torch.testing.assert_close(
            reloaded.pretrained_pooler[0].dense.weight, backbone.pretrained_pooler[0].dense.weight, rtol=0, atol=0
        )


@pytest.mark.parametrize("family", PAIRINGS)
def test_decoded_sums_equal_those_of_each_window(family):
    backbone, head, split, batch, _, _ = build(family)
    with torch.no_grad():
        scores = head(backbone(batch), batch)
    decoded = head.decode(scores, batch)
    for window in range(len(batch.rows)):
        in_window = batch.layout["windows"] == window
        loss = functional.cross_entropy(scores[in_window], batch.targets["labels"][in_window], reduction="sum")
        torch.testing.assert_close(decoded["loss"][window], loss)
        assert decoded["tokens"][window] == in_window.sum()
    predictions = split.task.assemble(split, split.in_order([(batch.rows, decoded)]))
    found = split.task.score(split, predictions)
    assert found["perplexity"] == pytest.approx(math.exp(head.loss(scores, batch)), rel=1e-5)
    accuracy = (scores.argmax(-1) == batch.targets["labels"]).float().mean()
    assert found["accuracy"] == pytest.approx(float(accuracy))


def test_targets_attend_to_context_and_earlier_targets_only():
    backbone, _, _, batch, original, _ = build("xlnet")
    unseen, mapping = batch.inputs["perm_mask"].bool(), batch.inputs["target_mapping"].bool()
    for row in range(len(original)):
        targets = mapping[row].any(0)
        assert not unseen[row][:, ~targets].any()  # all attend to the context
        assert unseen[row][~targets][:, targets].all()  # which attends to no target
        among = unseen[row][targets][:, targets]
        assert among.diagonal().all()
        assert sorted((~among).sum(1).tolist()) == list(range(len(among)))  # a total order
        assert torch.equal(among, ~among.T | torch.eye(len(among), dtype=torch.bool))
    special = torch.isin(original, torch.tensor(backbone.tokenizer.all_special_ids))
    assert not (mapping.any(1) & special).any()
    with torch.no_grad():  # masked tokens do not influence a target
        before = backbone(batch)
        first = int(mapping[1, 0].nonzero())
        batch.inputs["input_ids"][1, first] = (batch.inputs["input_ids"][1, first] + 1) % 100
        after = backbone(batch)
    torch.testing.assert_close(before[1, 0], after[1, 0])


@pytest.mark.parametrize("family", ["bert", "xlnet"])
def test_sampling_depends_on_seed_epoch_and_example_only(family):
    _, head, split, _, _, _ = build(family)

    def sample(rows, seed, epoch):
        batch = split[np.array(rows)]
        head.prepare(batch, seed=seed, epoch=epoch)
        windows = batch.layout["windows"].tolist()
        labels = batch.targets["labels"].tolist()
        return {row: [label for w, label in zip(windows, labels, strict=True) if w == n] for n, row in enumerate(rows)}

    whole_batch = sample([0, 1, 2], 1, 3)
    assert sample([1], 1, 3)[1] == whole_batch[1] and sample([2, 1, 0], 1, 3) == whole_batch
    assert sample([1], 1, 4)[1] != whole_batch[1] != sample([1], 2, 3)[1]
    head._fresh = False
    assert sample([1], 1, 3) == sample([1], 1, 4) != sample([1], 2, 4)
