"""Heads compute where their scores are, and wait for nothing there: the meta device has no values and mixes with no other."""

import contextlib

import numpy as np
import pytest
import torch

from tests.heads import test_classification as classification
from tests.heads import test_contrastive as contrastive
from tests.heads import test_language_model as language_model
from tests.heads import test_span as span
from tests.heads import test_token_classification as tagging
from tunesmith.heads import linear_chain_crf
from tunesmith.heads.crf import Crf
from tunesmith.heads.token_classification import TokenClassification


def classifier(problem):
    _, head, batch = classification.build("bert", problem, "right", False)
    head.training_loss.class_weights = torch.ones(3, device="meta")
    head.train()
    return head, batch


def tagger(head_class, **settings):
    return tagging.build("bert", head_class, "right", constrained=True, **settings)[1:3]


def embedder():
    _, head, _, _ = contrastive.made("bert", "cls", weight=2.0)
    return head, contrastive.random_embeddings(3)[1]


def spans():
    _, head, split, _ = span.build("bert", span.question_task())
    return head, split[np.arange(3)]


def language(family):
    _, head, _, batch, _, _ = language_model.build(family)
    return head, batch


HEADS = {problem: lambda problem=problem: classifier(problem) for problem in classification.TARGETS}
HEADS |= {family: lambda family=family: language(family) for family in language_model.PAIRINGS}
HEADS |= {"softmax": lambda: tagger(TokenClassification), "crf": lambda: tagger(Crf, transition_lr_scale=1.0)}
HEADS |= {"span": spans, "contrastive": embedder}


@pytest.fixture(autouse=True)
def without_autocast(monkeypatch):
    """Autocast does not know the meta device."""
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: contextlib.nullcontext())


@pytest.mark.parametrize("name", HEADS)
def test_everything_stays_on_the_device_of_the_scores(name):
    head, batch = HEADS[name]()
    hidden = torch.empty(*batch.inputs["input_ids"].shape, 32, device="meta")
    head, batch = head.to("meta"), batch.to("meta")
    scores = head(hidden, batch)
    found = [scores, *head.decode(scores, batch).values()]
    if name != "crf":  # its loss looks once whether probabilities underflowed
        found.append(head.loss(scores, batch))
    if hasattr(head, "loss_denominator"):
        found.append(head.loss_denominator(batch))
    if "distribution" in head.offers:
        found.append(head.distribution(scores, batch).divergence(head.distribution(scores, batch)))
    if "entropy" in head.offers and name != "regression":
        found.append(head.distribution(scores, batch).entropy())
    assert {tensor.device.type for tensor in found} == {"meta"}


@pytest.mark.parametrize("function", [linear_chain_crf._likelihood, linear_chain_crf._in_log_space])
def test_the_crfs_likelihood_stays_on_its_device(function):
    emissions, chain = (
        torch.empty(2, 4, 3, device="meta"),
        [torch.empty(*shape, device="meta") for shape in ((3,), (3, 3), (3,))],
    )
    tags, lengths = (torch.empty(*shape, device="meta", dtype=torch.int64) for shape in ((2, 4), (2,)))
    value, gradients = function(emissions, tags, lengths, *chain, gradients=True)
    assert {tensor.device.type for tensor in (value, *gradients)} == {"meta"}
    assert [tuple(tensor.shape) for tensor in gradients] == [(2, 4, 3), (2, 3), (2, 3, 3), (2, 3)]
