"""Logits and losses equal Hugging Face's sequence classification classes with the same weights."""

import copy

import numpy as np
import pytest
import torch
from transformers import (
    AutoModel,
    AutoModelForSequenceClassification,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    ModernBertConfig,
)

from tunesmith.backbones.backbone import Backbone
from tunesmith.backbones.mini import Mini
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.data.encoding.labels import Labels
from tunesmith.heads.classification import Classification
from tunesmith.tasks.text_classification import TextClassification

TEXTS = ["the story was gripping", "a very long and rather dull review of a film that nobody saw", "fine"]
PAIRS = ["so they said", "not at all", "or so it seemed to everyone who was there that night"]
FAMILIES = ["bert", "roberta", "xlnet", "gpt2"]
TARGETS = {"single_label": [0, 2, 1], "multi_label": ["a,c", "b", ""], "regression": [0.5, -1.0, 2.0]}


def text_task(problem, pair):
    return TextClassification(
        text="text",
        text_pair="pair" if pair else None,
        label="label",
        problem=problem,
        labels=None if problem == "regression" else ["a", "b", "c"],
        metrics=["loss"],
        average=None,
        max_length=40,
    )


def mini(family):
    return Mini(family=family, vocabulary=400, layers=2, heads=2, width=32, max_positions=64, learning_rate=1e-3)


def collated(task, tokenizer, problem):
    rows = [{"text": t, "pair": p, "label": label} for t, p, label in zip(TEXTS, PAIRS, TARGETS[problem], strict=True)]
    return EncodedSplit.of(rows, task=task, tokenizer=tokenizer)[np.arange(3)]


def build(family, problem, side, pair):
    task, spec = text_task(problem, pair), mini(family)
    tokenizer = spec.tokenizer(lambda: TEXTS + PAIRS, pre_split=False)
    tokenizer.padding_side = side
    torch.manual_seed(0)
    backbone = Backbone(spec.model(spec.config()), tokenizer)
    head = Classification(backbone, task)
    return backbone.eval(), head.eval(), collated(task, tokenizer, problem)


@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("family", FAMILIES)
def test_logits_equal_hugging_face(family, side, pair, tmp_path):
    backbone, head, batch = build(family, "single_label", side, pair)
    head.save(backbone, tmp_path)
    reference = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        expected = reference(**batch.inputs, labels=batch.targets["labels"])
        scores = head(backbone(batch), batch)
    assert batch.inputs["attention_mask"].min() == 0
    torch.testing.assert_close(scores, expected.logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(head.loss(scores, batch), expected.loss, atol=1e-5, rtol=0)


@pytest.mark.parametrize("problem", ["multi_label", "regression"])
@pytest.mark.parametrize("family", FAMILIES)
def test_losses_of_other_problems_equal_hugging_face(family, problem, tmp_path):
    backbone, head, batch = build(family, problem, "right", False)
    head.save(backbone, tmp_path)
    reference = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        expected = reference(**batch.inputs, labels=batch.targets["labels"])
        scores = head(backbone(batch), batch)
    torch.testing.assert_close(scores, expected.logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(head.loss(scores, batch), expected.loss, atol=1e-5, rtol=0)


SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
OTHER_FAMILIES = {
    "distilbert": DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=64),
    "electra": ElectraConfig(**SMALL, embedding_size=16),
    "deberta_v3": DebertaV2Config(
        **SMALL, relative_attention=True, pos_att_type="p2c|c2p", position_buckets=8, pooler_hidden_size=32
    ),
    "modernbert": ModernBertConfig(**SMALL, reference_compile=False),
}


@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("family", OTHER_FAMILIES)
def test_logits_of_other_families_equal_hugging_face(family, pair, tmp_path):
    task = text_task("single_label", pair)
    tokenizer = mini("bert").tokenizer(lambda: TEXTS + PAIRS, pre_split=False)
    if family in ("distilbert", "modernbert"):  # they have no token type ids
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    config = copy.deepcopy(OTHER_FAMILIES[family])
    config.vocab_size, config.pad_token_id = len(tokenizer), tokenizer.pad_token_id
    torch.manual_seed(0)
    backbone = Backbone(AutoModel.from_config(config), tokenizer)
    head = Classification(backbone, task)
    backbone.eval(), head.eval()
    batch = collated(task, tokenizer, "single_label")
    head.save(backbone, tmp_path)
    reference = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        expected = reference(**batch.inputs, labels=batch.targets["labels"])
        scores = head(backbone(batch), batch)
    torch.testing.assert_close(scores, expected.logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(head.loss(scores, batch), expected.loss, atol=1e-5, rtol=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_padding_does_not_change_logits(family):
    backbone, head, batch = build(family, "single_label", "left" if family == "xlnet" else "right", False)
    with torch.no_grad():
        whole_batch = head(backbone(batch), batch)
        mask = batch.inputs["attention_mask"].bool()
        for number in range(3):
            single = type(batch)(
                {name: value[number : number + 1, mask[number]] for name, value in batch.inputs.items()},
                {},
                np.arange(1),
            )
            torch.testing.assert_close(head(backbone(single), single)[0], whole_batch[number], atol=1e-5, rtol=0)


def test_passing_embeddings_equals_passing_ids():
    backbone, _, batch = build("bert", "single_label", "right", False)
    with torch.no_grad():
        torch.testing.assert_close(backbone(batch, embeddings=backbone.embed(batch)), backbone(batch))


def test_divergence_equals_torchs_kl_divergence():
    _, head, _ = build("bert", "single_label", "right", False)
    first, second = torch.randn(5, 3), torch.randn(5, 3)
    kl = lambda p, q: torch.nn.functional.kl_div(q.log_softmax(-1), p.softmax(-1), reduction="batchmean")  # noqa: E731
    torch.testing.assert_close(head.divergence(first, second, None), 0.5 * (kl(first, second) + kl(second, first)))


def test_labels_are_named_in_the_config():
    backbone, _, _ = build("bert", "multi_label", "right", False)
    assert backbone.config.id2label == {0: "a", 1: "b", 2: "c"}
    assert Labels("multi_label", ("a", "b", "c")).encode("a;c") == [1.0, 0.0, 1.0]
