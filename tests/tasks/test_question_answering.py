"""Candidates over windows, thresholds, and unusual contexts and questions."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.heads.test_classification import FAMILIES, mini
from tests.heads.test_span import question_task
from tunesmith.data.batch import IGNORED
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.heads.span import Span
from tunesmith.tasks.question_answering import Candidates


def encoded(rows, family="bert", **settings):
    task = question_task(**settings)
    tokenizer = mini(family).tokenizer(lambda: ["one two three four Ada Bo who where ?"], pre_split=False)
    return task, EncodedSplit.of(rows, task=task, tokenizer=tokenizer)


def outputs(split, found):
    """Decoded output of a head: for each window, spans of context tokens with their scores."""
    pad = lambda values, fill: np.array([*values, *[fill] * (3 - len(values))], dtype=float)  # noqa: E731
    return {
        "first": [pad([first for first, _, _ in spans], 999).astype(int) for spans, _ in found],
        "last": [pad([last for _, last, _ in spans], 999).astype(int) for spans, _ in found],
        "score": [pad([score for _, _, score in spans], -np.inf) for spans, _ in found],
        "null_score": [np.float32(null) for _, null in found],
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_the_best_spans_over_all_windows(family):
    context = "Ada one two three four " * 12 + "Bo"
    task, split = encoded([{"question": "who ?", "context": context}], family, max_length=40, stride=10)
    assert len(split) > 2
    starts = split.lists("starts")
    last = len(starts[-1]) - 1
    found = [([], 5.0)] * (len(split) - 2) + [([(0, 0, 1.0)], 0.5), ([(last, last, 3.0), (last - 1, last, 2.0)], 4.0)]
    (best,) = task.assemble(split, outputs(split, found))
    assert best.scores == sorted(best.scores, reverse=True) and best.null_score == 0.5
    assert all(text in context for text in best.texts) and best.texts[0].endswith(("Bo", "o"))


def test_the_same_text_counts_once():
    task, split = encoded([{"question": "who ?", "context": "Ada Ada"}])
    starts, ends = split.lists("starts")[0], split.lists("ends")[0]
    second = int(np.flatnonzero(starts == 4)[0])
    first_end, last = int(np.flatnonzero(ends == 3)[0]), len(ends) - 1
    (best,) = task.assemble(split, outputs(split, [([(0, first_end, 2.0), (second, last, 1.5), (0, last, 1.0)], 0.0)]))
    assert best.texts == ["Ada", "Ada Ada"] and best.scores == [2.0, 1.0]


def test_probabilities_are_a_softmax_and_the_threshold_decides():
    task = question_task(unanswerable=True)
    found = Candidates(["Ada", "Bo"], [2.0, 1.0], 2.5)
    task.threshold = 1.0
    shown = task.shown(found)
    probabilities = np.exp([2.5, 2.0, 1.0]) / np.exp([2.5, 2.0, 1.0]).sum()
    assert shown["prediction"] == "Ada" and shown["probability"] == pytest.approx(probabilities[1])
    assert [entry["text"] for entry in shown["n_best"]] == ["", "Ada", "Bo"]
    task.threshold = 0.2
    assert task.shown(found)["prediction"] == "" and task.answer(found) == ""


def test_scores_use_the_splits_own_threshold_until_it_is_tuned():
    rows = [
        {"question": "who ?", "context": "Ada", "answers": ["Ada"]},
        {"question": "where ?", "context": "Bo", "answers": []},
    ]
    task, split = encoded(rows, unanswerable=True)
    predictions = [Candidates(["Ada"], [1.0], 2.0), Candidates(["Bo"], [1.0], 3.0)]  # null odds 1 and 2
    scores = task.score(split, predictions)
    assert scores["f1"] == scores["best_f1"] == scores["has_answer_f1"] == scores["no_answer_f1"] == 1.0
    task.tune(split, predictions)
    assert task.state() == {"threshold": 1.0}
    assert task.files(split, predictions) == {"": {"0": "Ada", "1": ""}, "_null_odds": {"0": 1.0, "1": 2.0}}


@pytest.mark.parametrize("family", FAMILIES)
def test_unusual_contexts_and_questions(family):
    rows = [
        {"question": "who " * 200 + "?", "context": "Ada one two", "answers": ["one"]},
        {
            "question": "where ?",
            "context": "one two three four " * 10_526 + "Ada",
            "answers": ["Ada"],
        },  # 200,000 characters
        {"question": " who ?", "context": "\u200b\n Ada", "answers": ["Bo"]},
    ]
    _, split = encoded(rows, family, max_length=48, stride=16)
    assert split.lengths.max() <= 48
    assert split.examples["cut"] == [True, False, False] and split.examples["split"][1]
    examples = split.numbers("example")
    answered = {
        int(example)
        for example, target, nowhere in zip(examples, split.lists("target"), split.numbers("no_answer"), strict=True)
        if list(target) != [nowhere, nowhere] and list(target) != [IGNORED, IGNORED]
    }
    assert answered == {0, 1}
    # The answer of the last question does not occur in its context, which is not known to have no answer.
    assert [list(target) for target in split.lists("target")][-1] == [IGNORED, IGNORED]
    labels = split[np.arange(len(split))].targets["labels"]
    assert (labels[examples == 2] == IGNORED).all() and (labels[examples < 2] >= 0).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_special_tokens_in_the_text_are_not_taken_for_the_real_ones(family):
    tokenizer = mini(family).tokenizer(lambda: ["one two three four Ada Bo who where ?"], pre_split=False)
    special = [token for token in (tokenizer.cls_token, tokenizer.sep_token, tokenizer.eos_token) if token is not None]
    text = " ".join(special)
    plain = {"question": "who ?", "context": "Ada one two three", "answers": []}
    odd = {"question": f"{text} who ? {text}", "context": f"{text} Ada {text} one {text}", "answers": ["Ada"]}
    _, split = encoded([plain, odd], family, unanswerable=True)
    for ids, place in zip(split.lists("input_ids"), split.numbers("no_answer").tolist(), strict=True):
        assert place == (len(ids) - 1 if family in ("xlnet", "gpt2") else 0)
    (first, last), starts, ends = split.lists("target")[1], split.lists("starts")[1], split.lists("ends")[1]
    begin = split.lists("context")[1][0]
    assert odd["context"][starts[first - begin] : ends[last - begin]].strip() == "Ada"


def test_questions_without_a_known_answer_are_left_out_of_the_loss():
    rows = [
        {"question": "who ?", "context": "Ada met Bo", "answers": answers} for answers in (["Bo"], ["Eve"], ["Ada"])
    ]
    scores = torch.randn(3, 40, 2, generator=torch.Generator().manual_seed(0))

    def loss(numbers):
        _, split = encoded([rows[number] for number in numbers])
        labels = split[np.arange(len(numbers))].targets["labels"]
        batch = SimpleNamespace(targets={"labels": labels})
        head = SimpleNamespace(loss_denominator=lambda batch: Span.loss_denominator(None, batch), training=False)
        return float(Span.loss(head, scores[list(numbers)], batch))

    assert loss([0, 1, 2]) == pytest.approx(loss([0, 2])) == pytest.approx((loss([0]) + loss([2])) / 2)
    assert loss([1]) == 0.0


@pytest.mark.parametrize(
    "row,message",
    [
        ({"question": " ", "context": "Ada", "answers": ["Ada"]}, "the question is empty"),
        ({"question": "who ?", "context": "", "answers": ["Ada"]}, "the context is empty"),
        ({"question": "who ?", "context": "Ada", "answers": 3}, "answers are 3"),
    ],
)
def test_invalid_rows(row, message):
    with pytest.raises(ValueError, match=message):
        question_task().read(row)
