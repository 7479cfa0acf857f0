"""Counts of examples: their sums give the scores of scikit-learn, seqeval and metrics.json; runs on other examples are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import f1_score as entity_f1
from seqeval.scheme import IOB2
from sklearn.metrics import accuracy_score, f1_score

from tests.conftest import TINY, checked
from tunesmith.analyses.example_counts import aligned, example_counts, right_or_wrong, statistics
from tunesmith.analyses.predictions import predictions
from tunesmith.errors import UserError
from tunesmith.training.train import train

SINGLE = {"task": "text_classification", "problem": "single_label", "average": None}
MULTI = {"task": "text_classification", "problem": "multi_label", "average": None}
TAGGING = {"task": "token_classification", "entities": True, "strict": False}


def scores(rows, dataset):
    found = example_counts(rows, dataset)
    return {
        name: float(statistic(np.asarray(found.counts[name].sum(axis=0), dtype=float)))
        for name, statistic in statistics(dataset, len(found.names)).items()
    }


def labelled(gold, guess, labels):
    probabilities = {f"label {n}": 1 / labels for n in range(labels)}
    return [
        {"id": str(n), "text": "t", "label": f"label {a}", "prediction": f"label {b}", "probabilities": probabilities}
        for n, (a, b) in enumerate(zip(gold, guess, strict=True))
    ]


@pytest.mark.parametrize("labels", [2, 5, 40])
def test_one_label_per_example_as_scikit_learn(labels):
    generator = np.random.default_rng(labels)
    gold = generator.integers(0, labels, 60)
    guess = np.where(generator.random(60) < 0.6, gold, generator.integers(0, labels, 60))
    for average in (None, "macro", "micro", "weighted", *(["binary"] if labels == 2 else [])):
        found = scores(labelled(gold, guess, labels), SINGLE | {"average": average})
        default = "binary" if labels == 2 else "macro"
        assert found["f1"] == pytest.approx(f1_score(gold, guess, average=average or default))
        assert found["accuracy"] == accuracy_score(gold, guess)


@pytest.mark.parametrize("labels", [4, 40])
def test_any_number_of_labels_as_scikit_learn(labels):
    gold, guess = np.random.default_rng(0).random((2, 50, labels)) < 2 / labels
    names = [f"label {n}" for n in range(labels)]
    rows = [
        {
            "id": str(n),
            "label": [names[k] for k in np.flatnonzero(a)],
            "prediction": [names[k] for k in np.flatnonzero(b)],
            "probabilities": dict.fromkeys(names, 0.5),
        }
        for n, (a, b) in enumerate(zip(gold, guess, strict=True))
    ]
    for average in (None, "micro", "weighted"):
        found = scores(rows, MULTI | {"average": average})
        assert found["f1"] == pytest.approx(f1_score(gold, guess, average=average or "macro", zero_division=0))
        assert found["accuracy"] == accuracy_score(gold, guess)


TAGS = st.lists(st.tuples(*[st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])] * 2), min_size=1, max_size=8)


@given(st.lists(TAGS, min_size=1, max_size=6))
def test_entities_as_seqeval(sentences):
    gold, guess = ([[pair[side] for pair in sentence] for sentence in sentences] for side in (0, 1))
    rows = [
        {"id": str(n), "tokens": ["w"] * len(a), "tags": a, "predicted_tags": b}
        for n, (a, b) in enumerate(zip(gold, guess, strict=True))
    ]
    found = scores(rows, TAGGING)
    assert found["f1"] == pytest.approx(entity_f1(gold, guess, zero_division=0))
    assert found["accuracy"] == pytest.approx(np.mean([a == b for pairs in sentences for a, b in pairs]))
    assert found["sequence_accuracy"] == np.mean([a == b for a, b in zip(gold, guess, strict=True)])
    strict = scores(rows, TAGGING | {"strict": True})
    assert strict["f1"] == pytest.approx(entity_f1(gold, guess, mode="strict", scheme=IOB2, zero_division=0))
    assert scores(rows, TAGGING | {"entities": False}).keys() == {"accuracy", "sequence_accuracy"}


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["dataset.average=macro"],
        ["dataset=demo_entities", "head=token_classification", "trainer.max_epochs=6", "optimizer.lr=3e-3"],
        ["dataset=demo_questions", "head=span", "dataset.unanswerable=true", "dataset.unanswerable_share=0.3"],
    ],
)
def test_scores_of_tiny_runs_as_in_metrics_json(words, tmp_path):
    run = train(checked([*TINY, *words, f"output_dir={tmp_path}"]))
    for split in ("validation", "test"):
        for name, score in scores(predictions(run, split), run.config()["dataset"]).items():
            assert score == pytest.approx(run.scores()[f"{split}/{name}"], abs=1e-6), name


def test_scores_that_are_no_sums_have_no_counts():
    others = [{"task": "language_modeling"}, {"task": "contrastive"}, SINGLE | {"problem": "regression"}]
    assert all(statistics(dataset, 0) == {} for dataset in others)
    assert right_or_wrong(SINGLE, "accuracy") and right_or_wrong({"task": "question_answering"}, "exact_match")
    assert not right_or_wrong(SINGLE, "f1") and not right_or_wrong(TAGGING, "accuracy")
    assert right_or_wrong(TAGGING, "sequence_accuracy")


ROWS = labelled([0, 1, 0, 1], [0, 0, 1, 1], 2)


def test_examples_in_another_order_are_aligned():
    first = example_counts(ROWS, SINGLE)
    for order in ([3, 1, 0, 2], [1, 2, 3, 0]):
        found = aligned(example_counts([ROWS[n] for n in order], SINGLE), first)
        assert all((found.counts[name] == first.counts[name]).all() for name in ("accuracy", "f1"))
        assert list(found.ids) == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS[:3], "has 3 examples instead of 4"),
        ([*ROWS[:3], ROWS[3] | {"id": "x"}], "has 1 examples with other ids"),
        ([*ROWS[:3], ROWS[3] | {"text": "other"}], "has 1 examples with other texts or labels"),
        ([*ROWS[:3], ROWS[3] | {"label": "label 0"}], "has 1 examples with other texts or labels"),
        (labelled([0, 1, 0, 1], [0, 0, 1, 1], 3), "has other labels"),
    ],
)
def test_other_examples_are_refused(rows, message):
    with pytest.raises(UserError, match=message):
        aligned(example_counts(rows, SINGLE), example_counts(ROWS, SINGLE))


def test_an_id_that_occurs_twice_is_refused_only_in_another_order():
    rows = [row | {"id": "same"} for row in ROWS]
    first = example_counts(rows, SINGLE)
    aligned(example_counts(rows, SINGLE), first)
    with pytest.raises(UserError, match="another order, and ids that occur more than once"):
        aligned(example_counts([*rows[1:], rows[0]], SINGLE), first)


TAGGED = {"tokens": ["a"], "tags": ["O"], "predicted_tags": ["O"]}
ANSWER = {"answers": {"text": ["a"]}, "prediction": "a"}


@pytest.mark.parametrize(
    ("row", "dataset", "message"),
    [
        ({}, SINGLE, "row 1 of the predictions has no 'label'"),
        (ROWS[0] | {"label": "other"}, SINGLE, "has the label other, but no probability of it"),
        (ROWS[0] | {"label": [["other"]]}, MULTI, "has 'label 0' as 'prediction'"),
        (ROWS[0] | {"label": [["other"]], "prediction": []}, MULTI, "but no probability of it"),
        (TAGGED | {"tags": ["O", "O"]}, TAGGING, "has 2 tags, but 1 predicted tags"),
        (TAGGED | {"tags": [1]}, TAGGING, "has tags that are no texts"),
        (ANSWER | {"answers": {"text": [None]}}, {"task": "question_answering"}, "has answers that are no texts"),
    ],
)
def test_rows_that_are_not_as_the_task_writes_them(row, dataset, message):
    with pytest.raises(UserError, match=message):
        example_counts([row], dataset)
    with pytest.raises(UserError, match="the predictions have no rows"):
        example_counts([], dataset)
