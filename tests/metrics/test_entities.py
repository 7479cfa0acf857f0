"""Entities and their scores against seqeval in both modes, on random, also malformed tags and on real text."""

import os
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from seqeval import metrics as seqeval
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2, Tokens

from tunesmith.data.padding import pad
from tunesmith.metrics.entities import EntityScores, chunks, strict_chunks, to_bio

TYPES = ["PER", "LOC", "ORG-UNIT"]
BIO = ["O"] + [f"{prefix}-{name}" for name in TYPES for prefix in "BI"]
ANY = BIO + [f"{prefix}-{name}" for name in TYPES for prefix in "ESXLU"] + ["PER", "B", "I", "E", "S", "B-", "."]


def random_tags(tags, sentences, seed):
    generator = random.Random(seed)
    return [generator.choices(tags, k=generator.randint(1, 12)) for _ in range(sentences)]


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_chunks_equal_seqevals_default_mode():
    for tags in random_tags(ANY, 20_000, seed=0) + random_tags(BIO, 10_000, seed=1):
        assert chunks(tags) == get_entities(tags)


def test_strict_chunks_equal_seqevals_strict_mode():
    for tags in random_tags(BIO, 10_000, seed=2):
        assert strict_chunks(tags) == [(e.tag, e.start, e.end - 1) for e in Tokens(tags, IOB2).entities]


@pytest.mark.parametrize(
    "given",
    [
        "I-PER I-PER O I-LOC B-LOC I-LOC",  # IOB1
        "B-PER E-PER O S-LOC B-LOC E-LOC",  # BIOES
        "B-PER L-PER O U-LOC B-LOC L-LOC",  # BILOU
        "B-PER I-PER O B-LOC B-LOC I-LOC",
    ],
)
def test_all_schemes_are_converted_to_bio(given):
    assert to_bio(given.split()) == "B-PER I-PER O B-LOC B-LOC I-LOC".split()


def test_conversion_to_bio_keeps_the_entities():
    for tags in random_tags([*BIO, *(f"{prefix}-{name}" for name in TYPES for prefix in "ES")], 10_000, seed=3):
        assert chunks(to_bio(tags)) == chunks(tags)


def compute(labels, predictions, gold, *, strict=False, parts=1):
    """Scores of one metric object, or of several whose states are summed as over ranks."""
    numbers = {tag: number for number, tag in enumerate(labels)}
    whole = EntityScores(labels, strict=strict)
    for part in range(parts):
        metric = EntityScores(labels, strict=strict)
        padded = [
            pad([np.array([numbers[tag] for tag in tags]) for tags in rows[part::parts]], value=0, side="right")
            for rows in (predictions, gold)
        ]
        metric.update(*padded, torch.tensor([len(tags) for tags in gold[part::parts]]))
        whole.counts += metric.counts
        whole.totals += metric.totals
    return {name: float(value) for name, value in whole.compute().items()}


def noisy(gold, labels, seed, rate=0.2):
    generator = random.Random(seed)
    return [[generator.choice(labels) if generator.random() < rate else tag for tag in tags] for tags in gold]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("parts", [1, 3])
def test_scores_equal_seqevals(strict, parts):
    labels = BIO if strict else [*BIO, *(f"{prefix}-{name}" for name in TYPES for prefix in "ESX")]
    gold = random_tags(labels, 5_000, seed=4)
    guessed = noisy(gold, labels, seed=5)
    found = compute(labels, guessed, gold, strict=strict, parts=parts)
    options = {"mode": "strict", "scheme": IOB2} if strict else {}
    for name in ("precision", "recall", "f1"):
        function = getattr(seqeval, f"{name}_score")
        assert found[name] == pytest.approx(function(gold, guessed, average="micro", **options))
        assert found[f"{name}_macro"] == pytest.approx(function(gold, guessed, average="macro", **options))
    report = seqeval.classification_report(gold, guessed, output_dict=True, **options)
    for name in TYPES:
        assert found[f"f1_{name}"] == pytest.approx(report[name]["f1-score"])
    assert found["accuracy"] == pytest.approx(seqeval.accuracy_score(gold, guessed))
    whole = [one == other for one, other in zip(gold, guessed, strict=True)]
    answered = [
        correct for correct, tags in zip(whole, guessed, strict=True) if (strict_chunks if strict else chunks)(tags)
    ]
    assert found["sequence_accuracy"] == pytest.approx(np.mean(whole))
    assert found["sequence_precision"] == pytest.approx(np.mean(answered))


def test_no_entities():
    found = compute(["O", "B-PER", "I-PER"], [["O", "O"]], [["O", "O"]])
    assert found["f1"] == found["precision"] == found["f1_macro"] == found["sequence_precision"] == 0.0
    assert found["accuracy"] == found["sequence_accuracy"] == 1.0


@pytest.mark.real
def test_real_text():
    folder = Path(os.environ["TUNESMITH_DATA"]) / "wnut17"
    if not folder.is_dir():
        pytest.skip("needs real data: set TUNESMITH_DATA to the folder that holds wnut17/")
    blocks = (folder / "test.conll").read_text().replace("\n\t\n", "\n\n").split("\n\n")
    gold = [[line.split("\t")[1] for line in block.splitlines() if line.strip()] for block in blocks if block.strip()]
    labels = ["O", *sorted({tag for tags in gold for tag in tags} - {"O"})]
    guessed = noisy(gold, labels, seed=6, rate=0.05)
    for strict, options in ((False, {}), (True, {"mode": "strict", "scheme": IOB2})):
        found = compute(labels, guessed, gold, strict=strict)
        assert found["f1"] == pytest.approx(seqeval.f1_score(gold, guessed, **options))
