"""Scores by group equal torchmetrics' SQuAD; the threshold curve equals brute force over all thresholds."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.functional.text import squad

from tests.analyses.tables import part, pictures, texts
from tunesmith.analyses import questions
from tunesmith.analyses.analysis import analysis
from tunesmith.errors import UserError
from tunesmith.metrics import answer_rules

DATASET = {"task": "question_answering", "question": "question", "context": "context", "unanswerable": False}
# Without articles: the scripts of SQuAD 1.1 and 2.0 differ where nothing else is left of an answer.
WORDS = "red kite of Ada Lovelace flew over that old harbour in June".split()


def made(seed, examples=120, unanswerable=False):
    data, noise = np.random.default_rng(0), np.random.default_rng(seed)
    rows = []
    for number in range(examples):
        size = int(data.integers(1, 12))
        gold = [" ".join(data.choice(WORDS, size)) for _ in range(2)]
        if unanswerable and data.random() < 0.3:
            gold = []
        text = gold[0] if gold and noise.random() < 0.5 else " ".join(noise.choice(WORDS, 2))
        scores = {text: noise.normal(), "June": noise.normal() - 3} | ({"": noise.normal()} if unanswerable else {})
        total = sum(map(math.exp, scores.values()))
        n_best = [{"text": name, "probability": math.exp(score) / total} for name, score in scores.items()]
        n_best.sort(key=lambda entry: -entry["probability"])
        first = str(data.choice(["Who", "who", "What", "In", f"Rare{number}"], p=[0.3, 0.2, 0.3, 0.1, 0.1]))
        rows.append(
            {
                "id": str(number),
                "question": f"{first} flew ?",
                "context": "a context",
                "answers": {"text": gold, "answer_start": [0] * len(gold)},
                "prediction": n_best[0]["text"],
                "probability": n_best[0]["probability"],
                "n_best": n_best,
            }
        )
    return rows


def official(rows):
    """F1 and exact match of questions with answers, by torchmetrics."""
    found = squad(
        [{"prediction_text": row["prediction"], "id": row["id"]} for row in rows],
        [{"answers": row["answers"], "id": row["id"]} for row in rows],
    )
    return float(found["f1"]) / 100, float(found["exact_match"]) / 100


def test_groups_score_as_in_squad():
    seeds = [made(seed) for seed in (1, 2)]
    section = analysis(DATASET, seeds, split="test")
    groups = {
        "test-first-words-table": lambda row: (
            word if (word := row["question"].split()[0].lower()) in ("who", "what", "in") else "(other)"
        ),
        "test-answer-lengths-table": lambda row: (
            str(size) if (size := len(row["answers"]["text"][0].split())) < 5 else "5 to 9" if size < 10 else "10+"
        ),
    }
    for name, group in groups.items():
        table = part(section, name)
        assert {row[0] for row in table.rows} == set(map(group, seeds[0]))
        for shown, f1, exact, count in table.rows:
            each = np.array([official([row for row in seed if group(row) == shown]) for seed in seeds])
            assert [f1.mean, exact.mean] == pytest.approx(each.mean(0), abs=1e-5)
            assert f1.deviation == pytest.approx(each[:, 0].std(ddof=1), abs=1e-5)
            assert count == sum(group(row) == shown for row in seeds[0])


def test_the_threshold_curve_equals_brute_force():
    rows = made(3, unanswerable=True)
    section = analysis(DATASET | {"unanswerable": True}, [rows], split="test")

    def score(threshold, measure):
        found = []
        for row in rows:
            probability = {entry["text"]: entry["probability"] for entry in row["n_best"]}
            best = next(entry["text"] for entry in row["n_best"] if entry["text"])
            odds = math.log(probability[""] / probability[best])
            found.append(measure("" if odds > threshold + 1e-9 else best, row["answers"]["text"]))
        return np.mean(found)

    axes = pictures(section)["test-threshold"].figure.axes[0]
    for line, measure in zip(axes.lines, (answer_rules.f1, answer_rules.exact_match), strict=False):
        for threshold, value in list(zip(line.get_xdata(), line.get_ydata(), strict=True))[::10]:
            assert value == pytest.approx(score(threshold, measure))
    best = max(score(threshold, answer_rules.f1) for threshold in axes.lines[0].get_xdata())
    assert f"The best F1, {best:.3f}" in pictures(section)["test-threshold"].caption
    assert max(axes.lines[0].get_ydata()) == pytest.approx(best)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(-3, 3), st.sampled_from([0.0, 0.5, 1.0]), st.booleans(), st.booleans()), max_size=12)
)
def test_every_point_of_a_curve_is_the_score_with_that_threshold(cases):
    odds, values, known, found = map(list, zip(*cases, strict=True)) if cases else ([], [], [], [])
    answers = ["text" if text or answerable else "" for text, answerable in zip(found, known, strict=True)]
    thresholds, means = answer_rules.threshold_curve(odds, values, known, answers)
    assert len(set(thresholds)) == len(thresholds) == len(set(odds)) + 1
    for threshold, mean in zip(thresholds, means, strict=True):
        each = [
            (0.0 if odd > threshold else value) if answerable else float(odd > threshold or not text)
            for odd, value, answerable, text in zip(odds, values, known, answers, strict=True)
        ]
        assert mean == pytest.approx(np.mean(each) if each else 0.0)


def test_the_worst_answers_are_confident_and_share_no_word():
    rows = made(1)
    table = part(analysis(DATASET, [rows], split="test"), "test-worst")
    wrong = [row for row in rows if official([row])[0] == 0]
    wrong.sort(key=lambda row: -row["probability"])
    assert [row[0] for row in table.rows] == [row["id"] for row in wrong[:20]]


@pytest.mark.parametrize(
    "question,word",
    [("What's up?", "what"), ("誰が来た", "誰"), ("", "(other)"), ("¿Quién vino?", "quién"), ("?!", "(other)")],
)
def test_first_words_of_any_language(question, word):
    assert questions._first_word(question) == word


def test_probabilities_that_have_vanished_and_those_that_are_missing():
    rows = made(1, unanswerable=True)
    rows[0]["n_best"] = [{"text": "Ada", "probability": 1.0}, {"text": "", "probability": 0.0}]
    rows[1]["n_best"] = [{"text": "", "probability": 1.0}]
    seed = questions.collect(rows, DATASET | {"unanswerable": True})
    assert np.isfinite(seed.odds).all() and seed.odds[0] < -700 and seed.odds[1] > 700
    assert analysis(DATASET | {"unanswerable": True}, [rows], split="test").parts
    rows[2]["n_best"] = [{"text": "Ada", "probability": None}, {"text": "", "probability": None}]
    found = texts(analysis(DATASET | {"unanswerable": True}, [rows], split="test"))
    assert any("some probabilities are not numbers" in text for text in found)
    with pytest.raises(UserError, match="row 1 of the predictions has no probability of no answer"):
        analysis(DATASET | {"unanswerable": True}, [made(1)], split="test")
    with pytest.raises(UserError, match="row 1 of the predictions has no 'query'"):
        analysis(DATASET | {"question": "query"}, [made(1)], split="test")
