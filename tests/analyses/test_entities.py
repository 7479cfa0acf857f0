"""Scores by type equal seqeval's report; lengths and confusions equal a count over all pairs of seqeval's entities."""

from collections import Counter

import numpy as np
import pytest
from seqeval.metrics import classification_report
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2, Entities
from sklearn.metrics import classification_report as report_of_words

from tests.analyses.tables import means, part, pictures, texts
from tunesmith.analyses.analysis import analysis
from tunesmith.analyses.label_tables import MATRIX
from tunesmith.errors import UserError

DATASET = {"task": "token_classification", "entities": True, "strict": False}
TAGS = ["O", "O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]


def made(seed, sentences=300, tags=TAGS):
    generator = np.random.default_rng(0)
    gold = [generator.choice(tags, generator.integers(1, 12)).tolist() for _ in range(sentences)]
    noise = np.random.default_rng(seed)
    guessed = [[str(noise.choice(tags)) if noise.random() < 0.2 else tag for tag in sentence] for sentence in gold]
    return gold, guessed


def rows_of(gold, guessed):
    pairs = zip(gold, guessed, strict=True)
    return [
        {"id": str(n), "tokens": [f"w{k}" for k in range(len(tags))], "tags": tags, "predicted_tags": predicted}
        for n, (tags, predicted) in enumerate(pairs)
    ]


@pytest.mark.parametrize("strict", [False, True])
def test_the_scores_by_type_equal_seqevals(strict):
    seeds = [made(seed) for seed in (1, 2)]
    section = analysis(DATASET | {"strict": strict}, [rows_of(*seed) for seed in seeds], split="test")
    options = {"mode": "strict", "scheme": IOB2} if strict else {}
    reports = [classification_report(*seed, output_dict=True, **options) for seed in seeds]
    found = means(part(section, "test-types"))
    assert list(found) == ["LOC", "ORG", "PER"]
    for name, row in found.items():
        for heading, key in (("precision", "precision"), ("recall", "recall"), ("F1", "f1-score")):
            assert row[heading] == pytest.approx(np.mean([report[name][key] for report in reports]))
        assert row["support"] == reports[0][name]["support"]


def entities(sentences, strict=False):
    """(sentence, first, last) -> type, by seqeval."""
    if strict:
        found = enumerate(Entities(sentences, IOB2).entities)
        return {(n, e.start, e.end - 1): e.tag for n, each in found for e in each}
    return {(n, first, last): kind for n, tags in enumerate(sentences) for kind, first, last in get_entities(tags)}


def test_lengths_and_confusions_equal_a_count_over_seqevals_entities():
    gold, guessed = made(3)
    gold.append(["B-LOC", *["I-LOC"] * 6])
    guessed.append(gold[-1])
    section = analysis(DATASET, [rows_of(gold, guessed)], split="test")
    true, found = entities(gold), entities(guessed)
    # Confusions.
    expected = Counter((true.get(place, "-"), found.get(place, "-")) for place in true.keys() | found.keys())
    axes = pictures(section)["test-confusion"].figure.axes[0]
    rows, columns = (
        [text.get_text() for text in labels] for labels in (axes.get_yticklabels(), axes.get_xticklabels())
    )
    drawn = {}
    for text in axes.texts:
        column, row = map(round, text.get_position())
        names = rows[row].replace("(invented)", "-"), columns[column].replace("(missed)", "-")
        drawn[names] = int(text.get_text())
    assert drawn == expected
    # Lengths.
    axes = pictures(section)["test-lengths"].figure.axes[0]
    assert [text.get_text().split()[0] for text in axes.get_xticklabels()] == ["1", "2", "3", "4", "5+"]
    lines = {bars.get_label(): bars[0] for bars in axes.containers}
    length = lambda place: min(place[2] - place[1] + 1, 5)  # noqa: E731
    both = [place for place in true if found.get(place) == true[place]]
    for number, size in enumerate(sorted({length(place) for place in [*true, *found]})):
        correct, guesses, golds = (sum(length(p) == size for p in places) for places in (both, found, true))
        assert lines["precision"].get_ydata()[number] == pytest.approx(correct / max(guesses, 1))
        assert lines["recall"].get_ydata()[number] == pytest.approx(correct / max(golds, 1))
        assert lines["F1"].get_ydata()[number] == pytest.approx(2 * correct / (guesses + golds))
    # Kinds of errors.
    overlap = lambda place, others: any(  # noqa: E731
        place[0] == other[0] and place[1] <= other[2] and other[1] <= place[2] for other in others
    )
    kinds = means(part(section, "test-kinds"))
    for side, ours, theirs in (("true", true, found), ("predicted", found, true)):
        assert kinds["correct"][side] == len(both)
        assert kinds["other type"][side] == sum(theirs.get(p, kind) != kind for p, kind in ours.items())
        assert kinds["nothing"][side] == sum(not overlap(p, theirs) for p in ours)
        assert sum(row[side] for row in kinds.values()) == len(ours)


def test_the_worst_sentences_have_most_wrong_entities():
    gold, guessed = made(3)
    table = part(analysis(DATASET, [rows_of(gold, guessed)], split="test"), "test-worst")
    wrong = [len(set(get_entities(tags)) ^ set(get_entities(other))) for tags, other in zip(gold, guessed, strict=True)]
    assert [wrong[int(row[0])] for row in table.rows] == sorted(wrong, reverse=True)[:20]


def test_many_types_and_hostile_ones():
    kinds = ["<b>$x$</b>", "日本語", "long " * 60, *(f"type {n}" for n in range(MATRIX + 5))]
    section = analysis(DATASET, [rows_of(*made(1, tags=["O", *(f"B-{kind}" for kind in kinds)]))], split="test")
    assert part(section, "test-confusion").headings[0] == "true entity type"
    assert "are left out" in pictures(section)["test-types-f1"].caption
    few = analysis(DATASET, [rows_of(*made(1, tags=["O", "B-PER", "B-日本語"]))], split="test")
    assert all("#2 is 日本語" in pictures(few)[f"test-{name}"].caption for name in ("types-f1", "confusion"))
    assert texts(analysis(DATASET, [rows_of([["O"]], [["O"]])], split="test")) == [
        "There are no entities on test, neither in the data nor predicted."
    ]


def test_rows_of_other_lengths_are_refused():
    with pytest.raises(UserError, match="row 1 of the predictions has 2 tags, but 1 predicted"):
        analysis(DATASET, [rows_of([["O", "O"]], [["O"]])], split="test")


def test_independent_tags_equal_scikit_learns_report_on_words():
    gold, guessed = made(1, tags=["NOUN", "VERB", "X"])
    section = analysis(DATASET | {"entities": False}, [rows_of(gold, guessed)], split="test")
    words = [[tag for sentence in tags for tag in sentence] for tags in (gold, guessed)]
    report = report_of_words(*words, output_dict=True)
    for name, row in means(part(section, "test-labels")).items():
        assert row["F1"] == pytest.approx(report[name]["f1-score"]) and row["support"] == report[name]["support"]
    assert "test-confusion" in pictures(section)
