"""Answer scores against torchmetrics' SQuAD and, if available, the official script."""

import importlib.util
import json
import os
import random
from pathlib import Path

import pytest
from torchmetrics.functional.text import squad

from tunesmith.metrics.answer_rules import best_threshold, exact_match, f1
from tunesmith.metrics.answers import AnswerScores

WORDS = [
    "the",
    "The",
    "a",
    "an",
    "An",
    "Zürich",
    "ZÜRICH",
    "naïve",
    "1,843",
    "1843",
    "U.S.",
    "us",
    "don't",
    "dont",
    "-",
    "—",
]
WORDS += [
    "«quoted»",
    '"quoted"',
    "东京",
    "Œuvre",
    "fi",
    "\u00a0",
    "\t",
    "",
    "!",
    "$5",
    "5",
    "Theatre",
    "ana",
    "and",
    "İstanbul",
]


def random_questions(count, seed, *, unanswerable=0.0):
    generator = random.Random(seed)
    text = lambda most: generator.choice([" ", "  ", ""]).join(generator.choices(WORDS, k=generator.randint(0, most)))  # noqa: E731
    for number in range(count):
        gold = [text(4) for _ in range(generator.randint(1, 3))]
        prediction = generator.choice([text(4), gold[0], gold[0].upper(), f"the {gold[-1]}.", ""])
        yield str(number), prediction, [] if generator.random() < unanswerable else gold


def test_answers_equal_torchmetrics():
    for name, prediction, gold in random_questions(12_000, seed=0):
        if not all(any(c.isalnum() for c in text) and exact_match("", [text]) == 0 for text in gold):
            continue  # answers that normalize to nothing follow SQuAD 2.0's own rule
        reference = squad(
            [{"prediction_text": prediction, "id": name}],
            [{"answers": {"answer_start": [0] * len(gold), "text": gold}, "id": name}],
        )
        assert 100 * exact_match(prediction, gold) == pytest.approx(float(reference["exact_match"]))
        if prediction.strip():
            assert 100 * f1(prediction, gold) == pytest.approx(float(reference["f1"]), abs=1e-4)


def test_a_question_without_an_answer_expects_an_empty_prediction():
    assert exact_match("", []) == f1("", []) == exact_match("the", []) == 1.0
    assert exact_match("Zürich", []) == f1("Zürich", []) == 0.0


def test_the_best_threshold_equals_brute_force():
    generator = random.Random(1)
    for _ in range(300):
        size = generator.randint(1, 12)
        odds = [generator.choice([-1.0, 0.0, 0.5, 2.0, generator.gauss(0, 3)]) for _ in range(size)]
        values, known = [generator.random() for _ in odds], [generator.random() < 0.6 for _ in odds]

        texts = [generator.choice(["some", "some", ""]) for _ in odds]

        def mean(threshold, odds=odds, values=values, known=known, texts=texts):
            every = zip(odds, values, known, texts, strict=True)
            return sum(((v if k else not t) if o <= threshold else not k) for o, v, k, t in every) / len(odds)

        best, threshold = best_threshold(odds, values, known, texts)
        assert best == pytest.approx(max(map(mean, [*odds, min(odds) - 1])))
        assert mean(threshold) == pytest.approx(best)


def test_without_questions_or_without_answers_worth_giving():
    assert best_threshold([], [], [], []) == (0.0, 0.0)
    assert best_threshold([3.0, 2.5], [0.0, 0.0], [False, False], ["some", "any"]) == (1.0, 1.5)


def test_means_over_all_questions_and_over_those_with_and_without_an_answer():
    questions = [(prediction, gold) for _, prediction, gold in random_questions(60, seed=5, unanswerable=0.3)]
    questions.append(("", ["the"]))  # an answer that normalizes to nothing is none
    first, second = AnswerScores(), AnswerScores()
    for metric, part in ((first, questions[:20]), (second, questions[20:])):
        metric.update([prediction for prediction, _ in part], [gold for _, gold in part])
    first.merge_state(second)  # as over ranks
    answerable = [any(exact_match("", [text]) == 0 for text in gold) for _, gold in questions]
    expected = {}
    for prefix, kept in (("", (True, False)), ("has_answer_", (True,)), ("no_answer_", (False,))):
        chosen = [question for question, known in zip(questions, answerable, strict=True) if known in kept]
        expected[f"{prefix}exact_match"] = sum(exact_match(*question) for question in chosen) / len(chosen)
        expected[f"{prefix}f1"] = sum(f1(*question) for question in chosen) / len(chosen)
    assert {name: float(value) for name, value in first.compute().items()} == pytest.approx(expected, abs=1e-12)


def test_means_without_unanswerable_questions_and_without_any():
    metric = AnswerScores()
    assert metric.compute() == {"exact_match": 0.0, "f1": 0.0}
    metric.update(["Ada"], [["Ada", "Grace"]])
    assert metric.compute() == {"exact_match": 1.0, "f1": 1.0}
    metric.update(["Ada"], [[]])
    found = metric.compute()
    assert found["exact_match"] == 0.5 and found["no_answer_f1"] == 0.0 and found["has_answer_f1"] == 1.0
    with pytest.raises(ValueError):
        metric.update(["Ada", "Grace"], [["Ada"]])


def official():
    """The functions of evaluate-v2.0.py, from a file that $TUNESMITH_SQUAD_SCRIPT names."""
    file = Path(os.environ.get("TUNESMITH_SQUAD_SCRIPT", "missing"))
    if not file.is_file():
        pytest.skip("needs the official script: set TUNESMITH_SQUAD_SCRIPT to evaluate-v2.0.py")
    spec = importlib.util.spec_from_file_location("official", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compare(module, questions):
    """Compare the scores of every question, the means, and the best threshold."""
    metric = AnswerScores()
    for _, prediction, gold in questions:
        kept = [text for text in gold if module.normalize_answer(text)] or [""]
        assert exact_match(prediction, gold) == max(module.compute_exact(text, prediction) for text in kept)
        assert f1(prediction, gold) == pytest.approx(max(module.compute_f1(text, prediction) for text in kept))
        metric.update([prediction], [gold])
    predictions = {name: prediction for name, prediction, _ in questions}
    known = {name: any(module.normalize_answer(text) for text in gold) for name, _, gold in questions}
    generator = random.Random(2)
    odds = {name: generator.gauss(0, 2) + (0 if known[name] else 1) for name in predictions}
    values = {name: f1(prediction, gold) for name, prediction, gold in questions}
    best, threshold = module.find_best_thresh(predictions, values, odds, known)
    found, own = best_threshold(*(list(each.values()) for each in (odds, values, known, predictions)))
    assert 100 * found == pytest.approx(best)
    if best > 100 * sum(not k for k in known.values()) / len(known):  # else the script returns 0, whatever the odds are
        assert own == pytest.approx(threshold)


@pytest.mark.real
def test_fuzzed_answers_equal_the_official_script():
    compare(official(), list(random_questions(12_000, seed=3, unanswerable=0.3)))


@pytest.mark.real
def test_a_whole_file_equals_the_official_script():
    file = Path(os.environ["TUNESMITH_DATA"]) / "squad" / "validation-v2.0.json"
    if not file.is_file():
        pytest.skip("needs real data: set TUNESMITH_DATA to the folder that holds squad/")
    generator, questions = random.Random(4), []
    for article in json.loads(file.read_text())["data"]:
        for paragraph in article["paragraphs"]:
            words = paragraph["context"].split()
            for question in paragraph["qas"]:
                gold = [answer["text"] for answer in question["answers"]]
                start = generator.randrange(len(words))
                guess = generator.choice([*gold, "", " ".join(words[start : start + 3])])
                questions.append((question["id"], guess, gold))
    compare(official(), questions)
