"""Entities and their scores against seqeval in both modes, on random, also malformed tags and on real text."""

import itertools
import os
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from seqeval import metrics as seqeval
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU, IOB1, IOB2, IOBES, IOE1, IOE2, Tokens

from tunesmith.data.padding import pad
from tunesmith.metrics.chunks import chunks, strict_chunks, to_bio
from tunesmith.metrics.entities import EntityScores
from tunesmith.metrics.tag_schemes import PREFIXES, broken_tags, check_scheme

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
            pad([np.array([numbers[tag] for tag in tags]) for tags in rows[part::parts]], value=padding, side="right")
            for rows, padding in ((predictions, 1), (gold, 0))  # what is predicted for padding does not count
        ]
        metric.update(*padded, torch.tensor([len(tags) for tags in gold[part::parts]]))
        whole.merge_state(metric)
    return {name: float(value) for name, value in whole.compute().items()}


def noisy(gold, labels, seed, rate=0.2):
    generator = random.Random(seed)
    return [[generator.choice(labels) if generator.random() < rate else tag for tag in tags] for tags in gold]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("parts", [1, 3])
def test_scores_equal_seqevals(strict, parts):
    labels = BIO if strict else [*BIO, *(f"{prefix}-{name}" for name in TYPES for prefix in "ESX")]
    gold = random_tags(labels, 1_000, seed=4)
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


def test_scores_by_type_equal_seqevals():
    gold, guessed = random_tags(BIO, 300, seed=8), []
    generator = random.Random(9)
    for tags in gold:
        guessed.append([tag if generator.random() < 0.7 else generator.choice(BIO) for tag in tags])
    metric = EntityScores(BIO, strict=False)
    numbers = {tag: number for number, tag in enumerate(BIO)}
    padded = [
        pad([np.array([numbers[tag] for tag in tags]) for tags in part], value=0, side="right")
        for part in (guessed, gold)
    ]
    metric.update(*padded, torch.tensor([len(tags) for tags in gold]))
    expected = seqeval.classification_report(gold, guessed, output_dict=True)
    found = metric.by_type()
    assert set(found) == set(TYPES)
    for name, scores in found.items():
        assert list(scores.values()) == pytest.approx(list(expected[name].values()))


def test_a_type_that_is_only_predicted_or_only_missed_counts():
    labels = ["O", "B-A", "B-B", "B-C", "B-D"]
    gold, guessed = [["B-A", "O", "B-C"]], [["O", "B-B", "B-C"]]
    metric = EntityScores(labels, strict=False)
    metric.update(torch.tensor([[0, 2, 3]]), torch.tensor([[1, 0, 3]]), torch.tensor([3]))
    expected = seqeval.classification_report(gold, guessed, output_dict=True)
    found, scores = metric.by_type(), metric.compute()
    assert {name: list(row.values()) for name, row in found.items()} == {
        name: list(expected[name].values()) for name in "ABC"
    }
    assert [row["support"] for row in found.values()] == [1, 0, 1]
    assert {name: scores[f"f1_{name}"] for name in "ABC"} == {"A": 0, "B": 0, "C": 1} and "f1_D" not in scores
    for name in ("precision", "recall", "f1"):
        expected = getattr(seqeval, f"{name}_score")(gold, guessed, average="macro")
        assert scores[f"{name}_macro"] == pytest.approx(expected)


@pytest.mark.parametrize("strict", [False, True])
def test_every_pair_of_short_sentences_alone(strict):
    labels = ["O", "B-A", "I-A", "I-B"] + ([] if strict else ["X-B"])
    sentences = list(itertools.product(range(len(labels)), repeat=2))
    read = [
        {(e.tag, e.start, e.end - 1) for e in Tokens(tags, IOB2).entities} if strict else set(get_entities(tags))
        for tags in ([labels[number] for number in numbers] for numbers in sentences)
    ]
    metric = EntityScores(labels, strict=strict)
    for (guess, guessed), (gold, true) in itertools.product(zip(sentences, read, strict=True), repeat=2):
        metric.reset()
        metric.update(torch.tensor([guess]), torch.tensor([gold]), torch.tensor([2]))
        expected = [
            [sum(kind == name for kind, *_ in found) for name in "AB"] for found in (guessed & true, guessed, true)
        ]
        assert metric.counts.tolist() == expected


@pytest.mark.parametrize(
    "tags",
    [BIO, ["O", *(f"{prefix}-{name}" for name in TYPES for prefix in "BIES")], ["O", "B", "I"], ["O"]],
    ids=["bio", "bioes", "untyped", "outside"],
)
@pytest.mark.parametrize("occurring", [1, 3, 99])
def test_the_types_in_the_table_are_those_of_seqevals_report(tags, occurring):
    """A type that the model knows, but that neither occurs nor is predicted, has no row; O never has one."""
    gold, guessed = (random_tags(tags[:occurring], 20, seed=seed) for seed in (1, 1))
    gold, guessed = [to_bio(row) for row in gold], [to_bio(row) for row in noisy(guessed, tags[:occurring], seed=2)]
    labels = ["O", *sorted({tag for row in (tags, *gold, *guessed) for tag in to_bio(row)} - {"O"})]
    metric = EntityScores(labels, strict=False)
    ids = [[np.array([labels.index(tag) for tag in row]) for row in rows] for rows in (guessed, gold)]
    metric.update(*(pad(rows, value=0, side="right") for rows in ids), torch.tensor([len(row) for row in gold]))
    found = metric.by_type()
    kinds = {kind for rows in (gold, guessed) for row in rows for kind, _, _ in get_entities(row)}
    report = seqeval.classification_report(gold, guessed, output_dict=True) if kinds else {}  # which fails without any
    expected = {name: row for name, row in report.items() if not name.endswith(" avg")}
    assert list(found) == list(expected)
    for name, row in found.items():
        assert list(row.values()) == pytest.approx(list(expected[name].values()))


def test_one_type_and_counts_beyond_float32():
    labels = ["O", "B-PER", "I-PER"]
    gold = random_tags(labels, 300, seed=10)
    guessed = noisy(gold, labels, seed=11)
    assert compute(labels, guessed, gold)["f1"] == pytest.approx(seqeval.f1_score(gold, guessed))
    metric = EntityScores(labels, strict=False)
    one = torch.ones(1, 1, dtype=torch.int64)
    metric.counts += 2**24
    metric.totals += 2**24
    metric.update(one, one, torch.tensor([1]))
    assert metric.counts.tolist() == [[2**24 + 1]] * 3 and metric.totals.tolist() == [2**24 + 1] * 6


def test_no_entities():
    found = compute(["O", "B-PER", "I-PER"], [["O", "O"]], [["O", "O"]])
    assert found["f1"] == found["precision"] == found["f1_macro"] == found["sequence_precision"] == 0.0
    assert found["accuracy"] == found["sequence_accuracy"] == 1.0


SEQEVAL = {"bio": IOB2, "iob1": IOB1, "ioe1": IOE1, "ioe2": IOE2, "bioes": IOBES, "bilou": BILOU}


def tags_of(scheme):
    return ["O", *(f"{prefix}-{name}" for name in ("A", "B-C") for prefix in PREFIXES[scheme])]


@pytest.mark.parametrize("scheme", SEQEVAL)
def test_strict_entities_of_every_scheme_equal_seqevals(scheme):
    untyped = st.lists(st.sampled_from(["O", *PREFIXES[scheme]]), min_size=1, max_size=9)

    @settings(max_examples=400, deadline=None, derandomize=True)
    @drawn(st.one_of(st.lists(st.sampled_from(tags_of(scheme)), min_size=1, max_size=9), untyped))
    def check(tags):
        assert strict_chunks(tags, scheme) == [
            (e.tag, e.start, e.end - 1) for e in Tokens(tags, SEQEVAL[scheme]).entities
        ]

    check()


@pytest.mark.parametrize("scheme", SEQEVAL)
def test_strict_scores_of_every_scheme_equal_seqevals(scheme):
    labels = tags_of(scheme)
    gold = random_tags(labels, 1_000, seed=7)
    guessed = noisy(gold, labels, seed=8)
    metric = EntityScores(labels, strict=True, scheme=scheme)
    ids = [
        pad([np.array([labels.index(tag) for tag in tags]) for tags in rows], value=0, side="right")
        for rows in (guessed, gold)
    ]
    metric.update(*ids, torch.tensor([len(tags) for tags in gold]))
    found = {name: float(value) for name, value in metric.compute().items()}
    for name in ("precision", "recall", "f1"):
        for average, suffix in (("micro", ""), ("macro", "_macro")):
            official = getattr(seqeval, f"{name}_score")(
                gold, guessed, average=average, mode="strict", scheme=SEQEVAL[scheme]
            )
            assert found[f"{name}{suffix}"] == pytest.approx(official)


def test_strict_scores_refuse_tags_of_another_scheme():
    with pytest.raises(ValueError, match="S-A: not tags of the scheme bio"):
        EntityScores(["O", "B-A", "S-A"], strict=True)


@st.composite
def entities(draw):
    """Number of words, and entities (type, first, last) that do not overlap."""
    found, place = [], 0
    for gap, length, kind in draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from(["A", "B-C"])), max_size=5)
    ):
        found.append((kind, place + gap, place + gap + length - 1))
        place += gap + length
    return place + draw(st.integers(1, 2)), found


def write(words, found, scheme):
    """The tags of entities in a scheme, from its definition."""
    tags = ["O"] * words
    for number, (kind, first, last) in enumerate(found):
        after = number and found[number - 1][0] == kind and found[number - 1][2] == first - 1
        before = number + 1 < len(found) and found[number + 1][0] == kind and found[number + 1][1] == last + 1
        letters = ["I"] * (last - first + 1)
        if scheme in ("bio", "bioes", "bilou", "bmes") or (scheme == "iob1" and after):
            letters[0] = "B"
        if scheme == "bmes":
            letters[1:] = ["M"] * (last - first)
        if scheme in ("ioe2", "bioes", "bilou", "bmes") or (scheme == "ioe1" and before):
            letters[-1] = "L" if scheme == "bilou" else "E"
        if first == last and scheme in ("bioes", "bilou", "bmes"):
            letters = ["U" if scheme == "bilou" else "S"]
        tags[first : last + 1] = [f"{letter}-{kind}" for letter in letters]
    return tags


@pytest.mark.parametrize("scheme", [*SEQEVAL, "bmes"])
def test_every_scheme_keeps_its_entities(scheme):
    @settings(max_examples=200, deadline=None, derandomize=True)
    @drawn(entities(), st.booleans())
    def check(case, typed):
        words, found = case
        if not typed:
            found = [("_", first, last) for _, first, last in found]
        tags = write(words, found, scheme)
        if not typed:
            tags = [tag[:1] for tag in tags]
        if typed or {"B", "I"} & set(tags):
            check_scheme(tags, None)
            check_scheme(tags, scheme)
        assert chunks(to_bio(tags)) == strict_chunks(to_bio(tags)) == found
        assert broken_tags({tuple(tags): 1}, scheme) == broken_tags({tuple(tags): 1}) == 0
        if scheme in SEQEVAL and scheme != "ioe1":  # of which seqeval says that it misses some
            assert [(e.tag, e.start, e.end - 1) for e in Tokens(tags, SEQEVAL[scheme]).entities] == found

    check()


def test_bare_types_are_runs():
    assert to_bio("PER PER O LOC ORG E-MAIL".split(), "bare") == "B-PER I-PER O B-LOC B-ORG B-E-MAIL".split()


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
