"""Loss against the paper's formulas and sentence-transformers, pooling against brute force, and the folder against both loaders."""

import json
from pydoc import locate

import numpy as np
import pytest
import torch
from transformers import AutoModel

from tests.heads.test_classification import FAMILIES, TEXTS, mini
from tunesmith.backbones.backbone import Backbone
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.heads import pooling
from tunesmith.heads.contrastive import Contrastive
from tunesmith.tasks.contrastive import Contrastive as ContrastiveTask

POOLINGS = ["cls", "cls_training_layer", "cls_layer", "mean", "first_last"]


def sentence_task(*, positive=None, negative=None):
    return ContrastiveTask(
        text="text",
        positive=positive,
        negative=negative,
        first="first",
        second="second",
        score="score",
        metrics=["spearman"],
        max_length=16,
    )


def made(family, pooling="mean", *, weight=1.0, temperature=0.05):
    spec, task = mini(family), sentence_task()
    tokenizer = spec.tokenizer(lambda: TEXTS, pre_split=False)
    torch.manual_seed(0)
    backbone = Backbone(spec.model(spec.config()), tokenizer)
    head = Contrastive(backbone, task, temperature=temperature, pooling=pooling, hard_negative_weight=weight)
    return backbone.eval(), head.eval(), task, tokenizer


def batch_of(rows, task, tokenizer):
    return EncodedSplit.of(rows, task=task, tokenizer=tokenizer)[np.arange(len(rows))]


def random_embeddings(texts, size=6, width=8, seed=0):
    """Random embeddings with some texts per example, and the batch that they belong to."""
    generator = torch.Generator().manual_seed(seed)
    _, _, task, tokenizer = made("bert")
    columns = ["text", "positive", "negative"][:texts]
    task = sentence_task(**{name: name for name in columns[1:]})
    batch = batch_of([dict.fromkeys(columns, "fine")] * size, task, tokenizer)
    return torch.randn(texts * size, width, generator=generator), batch


def reference_loss(parts, *, temperature, weight):
    """Equations 1 and 5 of the paper, one similarity at a time."""
    cosine = lambda a, b: a @ b / np.linalg.norm(a) / np.linalg.norm(b)  # noqa: E731
    anchors, positives, negatives = (*parts, None) if len(parts) == 2 else parts
    losses = []
    for i, anchor in enumerate(anchors):
        denominator = 0.0
        for j in range(len(anchors)):
            denominator += np.exp(cosine(anchor, positives[j]) / temperature)
            if negatives is not None:
                denominator += (weight if i == j else 1) * np.exp(cosine(anchor, negatives[j]) / temperature)
        losses.append(-np.log(np.exp(cosine(anchor, positives[i]) / temperature) / denominator))
    return np.mean(losses)


@pytest.mark.parametrize("texts,weight", [(2, 1.0), (2, 2.5), (3, 1.0), (3, 2.5)])
@pytest.mark.parametrize("size", [1, 6])
def test_the_loss_equals_the_papers_formula(texts, weight, size):
    _, head, _, _ = made("bert", weight=weight, temperature=0.1)
    scores, batch = random_embeddings(texts, size)
    expected = reference_loss(scores.double().view(texts, size, -1).numpy(), temperature=0.1, weight=weight)
    for part in (head.train(), head.eval()):
        assert part.loss(scores, batch).item() == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_a_single_text_is_evaluated_against_the_others():
    _, head, _, _ = made("bert", temperature=0.1)
    scores, batch = random_embeddings(1)
    own = scores.double().numpy()
    expected = reference_loss([own, own], temperature=0.1, weight=1)
    assert head.loss(scores, batch).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_a_batch_of_padding_only_has_zero_loss(training):
    _, head, _, _ = made("bert")
    scores, batch = random_embeddings(2, size=1)
    batch.rows = batch.rows[:0]
    assert head.train(training).loss(scores.requires_grad_(), batch) == 0


@pytest.mark.parametrize("texts", [2, 3])
def test_the_loss_equals_sentence_transformers(texts):
    losses = pytest.importorskip("sentence_transformers.sentence_transformer.losses")
    _, head, _, _ = made("bert")
    scores, batch = random_embeddings(texts)
    reference = losses.MultipleNegativesRankingLoss(model=None, scale=20.0)
    expected = reference.compute_loss_from_embeddings(list(scores.view(texts, 6, -1)), None)
    torch.testing.assert_close(head.loss(scores, batch), expected)


def test_a_single_example_has_zero_loss():
    _, head, _, _ = made("bert")
    scores, batch = random_embeddings(2, size=1)
    scores.requires_grad_()
    loss = head.train().loss(scores, batch)
    loss.backward()
    assert loss == 0 and not scores.grad.any()


def test_bfloat16_does_not_round_the_similarities():
    _, head, _, _ = made("bert")
    scores, batch = random_embeddings(2)
    expected = head.loss(scores, batch)
    with torch.autocast("cpu", torch.bfloat16):
        found = head.loss(scores, batch)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=0)


def test_single_texts_are_encoded_twice_in_training():
    backbone, head, task, tokenizer = made("bert")
    batch = batch_of([{"text": text} for text in TEXTS], task, tokenizer)
    head.prepare(batch, seed=1, epoch=None)
    assert batch.layout["places"].tolist() == [[0, 1, 2]]  # evaluation embeds each text once
    head.prepare(batch, seed=1, epoch=0)
    twice = batch
    assert twice.layout["places"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert all(torch.equal(value[:3], value[3:]) for value in twice.inputs.values())
    with torch.no_grad():
        without_dropout = head(backbone(twice), twice).view(2, 3, -1)
        torch.testing.assert_close(without_dropout[0], without_dropout[1])
        with_dropout = head.train()(backbone.train()(twice), twice).view(2, 3, -1)
    assert (with_dropout[0] - with_dropout[1]).abs().max() > 1e-3


@pytest.mark.parametrize("side", ["left", "right"])
def test_pooling_equals_brute_force(side):
    hidden, lengths = torch.randn(4, 5, 3), [5, 1, 3, 2]
    mask = torch.zeros(4, 5, dtype=torch.int64)
    for row, length in enumerate(lengths):
        mask[row, slice(5 - length, 5) if side == "left" else slice(0, length)] = 1
    kept = [states[on.bool()] for states, on in zip(hidden, mask, strict=True)]
    torch.testing.assert_close(pooling.first_token(hidden, mask), torch.stack([states[0] for states in kept]))
    torch.testing.assert_close(pooling.last_token(hidden, mask), torch.stack([states[-1] for states in kept]))
    torch.testing.assert_close(pooling.mean(hidden, mask), torch.stack([states.mean(0) for states in kept]))
    whole = torch.ones_like(mask)
    for pool in (pooling.first_token, pooling.last_token, pooling.mean):
        torch.testing.assert_close(pool(hidden, None), pool(hidden, whole))


@pytest.mark.parametrize("family", FAMILIES)
def test_embeddings_do_not_depend_on_the_batch(family):
    special = {"bert": 0, "roberta": 0, "xlnet": -1, "gpt2": -1}[family]  # published position of CLS; GPT-2 has none
    for kind in ("cls", "mean", "first_last"):
        backbone, head, task, tokenizer = made(family, kind)
        batch = batch_of([{"text": text} for text in TEXTS], task, tokenizer)
        assert batch.inputs["attention_mask"].min() == 0
        with torch.no_grad():
            found = head.decode(head(backbone(batch), batch), batch)["embedding"]
            for text, embedding in zip(TEXTS, found, strict=True):
                inputs = tokenizer(text, truncation=True, max_length=16, return_tensors="pt")
                if special == 0:
                    assert inputs["input_ids"][0, 0] == tokenizer.cls_token_id
                output = backbone.model(**inputs, output_hidden_states=True)
                last, first = output[0][0], output.hidden_states[1][0]
                expected = {"cls": last[special], "mean": last.mean(0), "first_last": ((first + last) / 2).mean(0)}
                torch.testing.assert_close(embedding, expected[kind], atol=1e-5, rtol=0)


@pytest.mark.parametrize("texts", [1, 2, 3])
def test_each_text_of_an_example_has_its_own_embedding(texts):
    _, head, _, _ = made("bert")
    scores, batch = random_embeddings(texts)
    found = head.decode(scores, batch)
    assert list(found) == ["embedding", "embedding_2", "embedding_3"][:texts]
    assert torch.equal(torch.cat(list(found.values())), scores)


def test_pairs_are_not_encoded_twice():
    _, head, _, _ = made("bert")
    _, batch = random_embeddings(2)
    head.prepare(batch, seed=1, epoch=0)
    assert batch.layout["places"].shape == (2, 6) and len(batch.inputs["input_ids"]) == 12


@pytest.mark.parametrize("kind", ["cls_training_layer", "cls_layer"])
def test_the_layer_starts_as_the_models_own_layers_do(kind):
    backbone, head, _, _ = made("bert", kind)
    assert head.layer.weight.std().item() == pytest.approx(backbone.config.initializer_range, rel=0.1)
    assert not head.layer.bias.any()


@pytest.mark.parametrize("kind", ["cls", "cls_training_layer", "cls_layer"])
def test_the_layer_after_cls(kind):
    backbone, head, task, tokenizer = made("bert", kind)
    batch = batch_of([{"text": text} for text in TEXTS], task, tokenizer)
    with torch.no_grad():
        hidden = backbone(batch)
        plain, trained, scored = hidden[:, 0], head.train()(hidden, batch), head.eval()(hidden, batch)
        layered = plain if kind == "cls" else torch.tanh(plain @ head.layer.weight.T + head.layer.bias)
    torch.testing.assert_close(trained, layered)
    torch.testing.assert_close(scored, layered if kind == "cls_layer" else plain)


@pytest.mark.parametrize("kind", POOLINGS)
@pytest.mark.parametrize("family", FAMILIES)
def test_sentence_transformers_loads_the_folder(family, kind, tmp_path):
    reference = pytest.importorskip("sentence_transformers")
    backbone, head, task, tokenizer = made(family, kind)
    head.save(backbone, tmp_path)
    tokenizer.save_pretrained(tmp_path)
    texts = [*TEXTS, " ".join(["a rather long review"] * 10)]
    batch = batch_of([{"text": text} for text in texts], task, tokenizer)
    with torch.no_grad():
        expected = head.decode(head(backbone(batch), batch), batch)["embedding"]
        loaded = reference.SentenceTransformer(str(tmp_path), device="cpu")
        np.testing.assert_allclose(loaded.encode(texts), expected.numpy(), atol=1e-5)
        if kind != "first_last":  # the folder also holds the complete plain model
            model, info = AutoModel.from_pretrained(tmp_path, output_loading_info=True)
            assert not info["missing_keys"] and not info["unexpected_keys"]
            torch.testing.assert_close(model.eval()(**batch.inputs)[0], backbone(batch), atol=1e-5, rtol=0)
    assert loaded.max_seq_length == 16
    if kind == "cls_layer":  # sentence-transformers imports it, or falls back to Tanh
        (settings,) = tmp_path.glob("*_Dense/config.json")
        assert locate(json.loads(settings.read_text())["activation_function"]) is torch.nn.Tanh
