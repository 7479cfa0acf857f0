"""Logits and losses equal Hugging Face's sequence classification classes with the same weights."""

import copy

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Categorical, kl_divergence
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
from tunesmith.data.batch import Batch
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
    "modernbert_mean": ModernBertConfig(**SMALL, reference_compile=False, classifier_pooling="mean"),
}


@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("family", OTHER_FAMILIES)
def test_logits_of_other_families_equal_hugging_face(family, pair, tmp_path):
    task = text_task("single_label", pair)
    tokenizer = mini("bert").tokenizer(lambda: TEXTS + PAIRS, pre_split=False)
    if family in ("distilbert", "modernbert", "modernbert_mean"):  # they have no token type ids
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


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("family", FAMILIES)
def test_an_offset_moves_the_embeddings(family, side):
    backbone, _, batch = build(family, "single_label", side, False)
    table = backbone.embeddings.weight
    with torch.no_grad():
        plain = backbone(batch)
        assert torch.equal(backbone(batch, offset=torch.zeros(3, plain.shape[1], 32)), plain)
        offset = torch.zeros(3, plain.shape[1], 32)
        offset[1, 4] = table[7] - table[batch.inputs["input_ids"][1, 4]]
        moved = backbone(batch, offset=offset)
        batch.inputs["input_ids"][1, 4] = 7
        torch.testing.assert_close(moved, backbone(batch))  # as if the token were another
    assert not torch.equal(moved, plain) and not backbone.embeddings._forward_hooks


DISTRIBUTIONS = {"single_label": Categorical, "multi_label": Bernoulli}


@pytest.mark.parametrize("problem", DISTRIBUTIONS)
def test_divergence_is_the_mean_of_both_kl_divergences(problem):
    _, head, _ = build("bert", problem, "right", False)
    first, second = torch.randn(2, 5, 3)
    p, q = (DISTRIBUTIONS[problem](logits=logits) for logits in (first, second))
    both = (kl_divergence(p, q) + kl_divergence(q, p)) / 2  # (batch,), or (batch, labels) of independent labels
    found = head.distribution(first, None).divergence(head.distribution(second, None))
    torch.testing.assert_close(found, both.view(5, -1).sum(1).mean())


def test_divergence_of_numbers_is_their_squared_difference():
    _, head, _ = build("bert", "regression", "right", False)
    first, second = (head.distribution(torch.tensor(scores), None) for scores in ([[1.0], [2.0]], [[1.0], [5.0]]))
    assert first.divergence(second) == 4.5


def reference_loss(problem, scores, targets, weights, smoothing):
    """PyTorch's documented formulas, one term at a time in float64."""
    losses, total = [], 0.0
    for row, target in zip(scores.double().numpy(), targets.tolist(), strict=True):
        if problem == "regression":
            losses, total = [*losses, (row[0] - target) ** 2], total + 1
        elif problem == "multi_label":
            p = 1 / (1 + np.exp(-row))
            soft = [y * (1 - smoothing) + smoothing / 2 for y in target]  # of two outcomes each
            terms = [-w * y * np.log(x) - (1 - y) * np.log(1 - x) for w, x, y in zip(weights, p, soft, strict=True)]
            losses, total = [*losses, np.mean(terms)], total + 1
        else:
            terms = -np.log(np.exp(row) / np.exp(row).sum()) * weights
            losses, total = (
                [*losses, (1 - smoothing) * terms[target] + smoothing * terms.mean()],
                total + weights[target],
            )
    return sum(losses) / total


@pytest.mark.parametrize("weights", [None, [0.5, 2.0, 4.0]])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("problem", TARGETS)
def test_losses_with_class_weights_and_smoothing(problem, smoothing, weights):
    _, head, batch = build("bert", problem, "right", False)
    scores = torch.randn(3, 1 if problem == "regression" else 3)
    plain = head.loss(scores, batch)
    head.training_loss.label_smoothing = smoothing
    if weights is not None:
        head.training_loss.class_weights = torch.tensor(weights)
    assert head.loss(scores, batch) == plain and head.loss_denominator(batch) == 3  # in evaluation
    head.train()
    expected = reference_loss(problem, scores, batch.targets["labels"], np.array(weights or [1, 1, 1]), smoothing)
    assert head.loss(scores, batch).item() == pytest.approx(expected, rel=1e-5)
    assert shards_average_to_the_whole(head, scores, batch)


def shards_average_to_the_whole(head, scores, batch):
    """Whether the losses of two ranks, weighted by their denominators, are the loss of both ranks' examples."""
    loss = denominators = 0.0
    for rows in (slice(0, 1), slice(1, None)):
        targets, layout = (
            {name: part[rows] for name, part in parts.items()} for parts in (batch.targets, batch.layout)
        )
        part = Batch({}, targets, batch.rows[rows], layout)
        denominator = float(head.loss_denominator(part))
        loss, denominators = loss + denominator * float(head.loss(scores[rows], part)), denominators + denominator
    return loss / denominators == pytest.approx(float(head.loss(scores, batch)), rel=1e-5)


def test_without_class_weights_the_denominator_is_the_number_of_examples():
    for problem in TARGETS:
        _, head, batch = build("bert", problem, "right", False)
        assert head.loss_denominator(batch) == 3


def test_decoded_predictions_and_probabilities():
    scores = torch.tensor([[0.0, 2.0, -1.0], [3.0, 1.0, 0.5]])
    single, multi = (build("bert", problem, "right", False)[1].decode(scores, None) for problem in DISTRIBUTIONS)
    assert single["prediction"].tolist() == [1, 0]
    torch.testing.assert_close(single["probabilities"], scores.exp() / scores.exp().sum(1, keepdim=True))
    assert multi["prediction"].tolist() == [
        [0, 1, 0],
        [1, 1, 1],
    ]  # a label whose probability is exactly 1/2 is not predicted
    torch.testing.assert_close(multi["probabilities"], 1 / (1 + (-scores).exp()))
    number = build("bert", "regression", "right", False)[1].decode(torch.tensor([[0.25], [-3.0]]), None)
    assert {name: value.tolist() for name, value in number.items()} == {"prediction": [0.25, -3.0]}


def test_labels_are_named_in_the_config():
    backbone, _, _ = build("bert", "multi_label", "right", False)
    assert backbone.config.id2label == {0: "a", 1: "b", 2: "c"}
    assert backbone.config.label2id == {"a": 0, "b": 1, "c": 2}
    assert Labels("multi_label", ("a", "b", "c")).encode("a;c") == [1.0, 0.0, 1.0]
    backbone, _, _ = build("bert", "regression", "right", False)
    assert backbone.config.id2label == {0: "score"} and backbone.config.problem_type == "regression"
