"""Logits, losses and scores of the language-model heads equal Hugging Face's classes with the same weights."""

import copy
import math

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, kl_divergence
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

from tests.heads.test_classification import shards_average_to_the_whole
from tunesmith.backbones.backbone import Backbone
from tunesmith.backbones.mini import Mini
from tunesmith.backbones.pretrained import Pretrained
from tunesmith.data.batch import Batch
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.errors import UserError
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
        scores[range(0, len(scores), 2), batch.targets["labels"][::2]] += (
            99  # half of the tokens are predicted correctly
        )
    decoded = head.decode(scores, batch)
    for window in range(len(batch.rows)):
        in_window = batch.layout["windows"] == window
        loss = functional.cross_entropy(scores[in_window], batch.targets["labels"][in_window], reduction="sum")
        torch.testing.assert_close(decoded["loss"][window], loss)
        assert decoded["tokens"][window] == in_window.sum()
        right = scores[in_window].argmax(-1) == batch.targets["labels"][in_window]
        assert decoded["right"][window] == right.sum()
    predictions = split.task.assemble(split, split.in_order([(batch.rows, decoded)]))
    found = split.task.score(split, predictions)
    assert found["perplexity"] == pytest.approx(math.exp(head.loss(scores, batch)), rel=1e-5)
    accuracy = (scores.argmax(-1) == batch.targets["labels"]).float().mean()
    assert found["accuracy"] == pytest.approx(float(accuracy))


def test_targets_attend_to_context_and_earlier_targets_only():
    backbone, _, _, batch, original, _ = build("xlnet")
    unseen, mapping = batch.inputs["perm_mask"].bool(), batch.inputs["target_mapping"].bool()
    assert mapping.shape[1] == mapping.any(2).sum(1).max()  # no more columns than targets
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


def test_evaluation_does_not_depend_on_the_seed_and_is_no_training_epoch():
    _, head, split, _, _, _ = build("bert")

    def masked(seed, epoch):
        batch = split[np.arange(3)]
        head.prepare(batch, seed=seed, epoch=epoch)
        return batch.inputs["input_ids"].tolist()

    evaluated = masked(1, None)
    assert evaluated == masked(2, None)
    assert evaluated not in [masked(seed, epoch) for seed in (0, 1, 2) for epoch in (0, 1)]


@pytest.mark.parametrize("unit", ["token", "word", "span"])
@pytest.mark.parametrize("mask_share,random_share", [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)])
def test_what_is_masked_and_what_is_predicted(unit, mask_share, random_share):
    backbone, head, split, _, original, _ = build("bert")
    settings = MASKED | {"unit": unit, "mask_share": mask_share, "random_share": random_share}
    head = MaskedLm(backbone, lm_task(), **settings)
    batch = split[np.arange(3)]
    starts = batch.layout["word_starts"].bool()
    special = torch.isin(original, torch.tensor(backbone.tokenizer.all_special_ids))
    original[1] = torch.where(special[1], original[1], original[1, 1])  # one word many times, which is never drawn
    batch.inputs["input_ids"] = original.clone()
    head.prepare(batch, seed=3, epoch=0)
    seen, chosen = batch.inputs["input_ids"], torch.zeros_like(original)
    chosen.view(-1)[batch.layout["places"]] = 1
    assert chosen.any() and not (chosen.bool() & special).any()
    assert batch.targets["labels"].tolist() == original[chosen.bool()].tolist()
    assert torch.equal(seen[chosen == 0], original[chosen == 0])
    drawn = seen[chosen == 1]
    if mask_share:
        assert (drawn == backbone.tokenizer.mask_token_id).all()
    elif random_share:
        assert (
            not torch.isin(drawn, torch.tensor(backbone.tokenizer.all_special_ids)).any()
            and len(set(drawn.tolist())) > 3
        )
    else:
        assert torch.equal(seen, original)
    if unit == "word":
        for row in range(3):
            for word in starts[row].cumsum(0).unique():
                inside = (starts[row].cumsum(0) == word) & ~special[row]
                assert len(set(chosen[row, inside].tolist())) <= 1


def test_a_window_of_special_tokens_has_no_targets():
    backbone, head, split, _, _, _ = build("bert")
    batch = split[np.arange(3)]
    batch.inputs["input_ids"][1] = backbone.tokenizer.pad_token_id
    head.prepare(batch, seed=1, epoch=0)
    windows = batch.layout["windows"].tolist()
    assert windows and 1 not in windows


@pytest.mark.parametrize("family", PAIRINGS)
def test_a_batch_without_targets_has_zero_loss(family):
    backbone, head, split, _, _, _ = build(family)
    batch = split[np.arange(3)]
    if family == "gpt2":
        batch.inputs["attention_mask"][:, 1:] = 0
    batch.rows = batch.rows[:0]  # as on a rank whose shard has run out
    head.prepare(batch, seed=1, epoch=0)
    assert not len(batch.targets["labels"])
    scores = head(backbone(batch), batch)
    loss = head.loss(scores, batch)
    loss.backward()
    assert not any(parameter.grad.any() for parameter in head.parameters() if parameter.grad is not None)
    assert (
        loss
        == head.distribution(scores, batch).divergence(head.distribution(scores, batch))
        == head.loss_denominator(batch)
        == 0
    )


def test_losses_are_means_over_the_predicted_tokens():
    _, head, _, _, _, _ = build("bert")
    labels = torch.tensor([3, 0, 5, 5])
    batch = Batch({}, {"labels": labels}, np.arange(4))
    first, second = torch.randn(2, 4, 6)
    nll = -first.double().log_softmax(1)
    assert head.loss(first, batch).item() == pytest.approx(nll[range(4), labels].mean().item())
    head.training_loss.label_smoothing = 0.2
    assert head.loss(first, batch).item() == pytest.approx(nll[range(4), labels].mean().item())  # in evaluation
    head.train()
    expected = 0.8 * nll[range(4), labels] + 0.2 * nll.mean(1)
    assert head.loss(first, batch).item() == pytest.approx(expected.mean().item())
    assert head.loss_denominator(batch) == 4 and shards_average_to_the_whole(head, first, batch)
    p, q = Categorical(logits=first), Categorical(logits=second)
    both = (kl_divergence(p, q) + kl_divergence(q, p)) / 2
    found = head.distribution(first, batch).divergence(head.distribution(second, batch))
    torch.testing.assert_close(found, both.mean())


def test_a_token_is_predicted_from_the_tokens_before_it_in_its_document():
    _, head, _, _, _, _ = build("gpt2")
    ids = torch.tensor([[4, 5, 6, 7, 8, 9], [9, 10, 11, 12, 13, 14]])
    mask = torch.tensor([[1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1]])
    documents = torch.tensor([[0, 0, 1, 1, -1, -1], [-1, -1, 0, 0, 0, 1]])
    for with_mask, with_documents in ((False, False), (True, False), (True, True), (False, True)):
        inputs = {"input_ids": ids} | ({"attention_mask": mask} if with_mask else {})
        batch = Batch(inputs, {}, np.arange(2), {"documents": documents} if with_documents else {})
        head.prepare(batch, seed=1, epoch=0)
        expected = [
            (row * 6 + place, row, int(ids[row, place + 1]))
            for row in range(2)
            for place in range(5)
            if not with_mask or (mask[row, place] and mask[row, place + 1])
            if not with_documents or documents[row, place] == documents[row, place + 1]
        ]
        found = (batch.layout["places"], batch.layout["windows"], batch.targets["labels"])
        assert list(zip(*(part.tolist() for part in found), strict=True)) == expected


def test_settings_that_cannot_be_masked_with_are_refused():
    backbone, _, _, _, _, _ = build("bert")
    with pytest.raises(UserError, match=r"add up to 1\.3; expected 1 or less"):
        MaskedLm(backbone, lm_task(), **MASKED | {"random_share": 0.5})
    MaskedLm(backbone, lm_task(), **MASKED | {"random_share": 0.2})  # 1 in all
    backbone, _, _, _, _, _ = build("gpt2")
    with pytest.raises(UserError, match="needs a tokenizer with a mask token"):
        MaskedLm(backbone, lm_task(), **MASKED)


def test_xlnets_mask_embedding_is_trained():
    backbone, _, _, _, _, _ = build("xlnet")
    assert backbone.model.mask_emb.requires_grad
