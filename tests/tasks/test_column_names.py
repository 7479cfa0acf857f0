"""Columns whose names a task needs for itself, and rows that lack a column."""

import json

import pytest

from tests.conftest import checked
from tunesmith import cli
from tunesmith.data.encoding.texts import as_text
from tunesmith.data.survey.survey import surveyed
from tunesmith.errors import UserError

SPAN = ["head=span", "dataset.max_length=96", "dataset.stride=16"]
NAMES = {
    "target": ["dataset=csv", "dataset.text=source", "dataset.text_pair=target"],
    "label": ["dataset=csv", "dataset.text=label", "dataset.label=category"],
    "id": ["dataset=csv", "dataset.text=id"],
    "similarity": ["dataset=csv_pairs", "dataset.positive=similarity", "head=contrastive"],
    "split": ["dataset=jsonl_questions", "dataset.question=split", *SPAN],
}


def survey(words):
    return surveyed(checked(words)["dataset"])


@pytest.mark.parametrize("name,words", NAMES.items(), ids=NAMES)
def test_a_text_under_a_name_that_predictions_need(name, words, tmp_path):
    (tmp_path / "a.csv").write_text("source,target,label,id,similarity,split,text\n" + "a,b,c,d,e,f,g\n" * 20)
    with pytest.raises(UserError, match=f"is {name}, which predictions have for something else; rename"):
        survey([*words, f"dataset.train={tmp_path / 'a.csv'}"])


@pytest.mark.parametrize(
    "words,message",
    [
        (["dataset.negative=bad", "dataset.positive=null"], "dataset.positive is null; expected a column"),
        (["dataset.negative=good", "dataset.positive=good"], "dataset.positive and dataset.negative are both good"),
        (["dataset.positive=text"], "dataset.text and dataset.positive are both text"),
    ],
)
def test_a_negative_is_never_a_positive(words, message, tmp_path):
    (tmp_path / "a.csv").write_text("text,good,bad\n" + "a,b,c\n" * 20)
    given = ["dataset=sentences", f"dataset.train={tmp_path / 'a.csv'}", "head=contrastive", "dataset.metrics=[loss]"]
    with pytest.raises(UserError, match=message):
        survey([*given, *words])


def test_a_scored_pair_among_training_texts(tmp_path):
    rows = [{"text": "a", "positive": "b"}] * 20 + [
        {"text": "a", "positive": "b", "first": "c", "second": "d", "score": 1}
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = [
        "dataset=sentences",
        f"dataset.train={tmp_path / 'a.jsonl'}",
        "dataset.positive=positive",
        "head=contrastive",
    ]
    with pytest.raises(UserError, match=r"a scored pair .* among rows of text, positive"):
        survey([*words, "dataset.metrics=[loss]"])


LACKING = {
    "questions": (
        ["dataset=jsonl_questions", *SPAN],
        {"question": "who", "context": "Anna sees", "answers": "Anna"},
        "context",
    ),
    "tags": (["dataset=jsonl_tags", "head=token_classification"], {"tokens": ["a"], "tags": ["O"]}, "tokens"),
    "spans": (
        ["dataset=jsonl_tags", "dataset.text=text", "head=token_classification"],
        {"text": "Anna", "spans": []},
        "text",
    ),
    "corpus": (["dataset=jsonl_text", "head=causal_lm", "backbone=random_gpt2"], {"text": "Anna sees Carl"}, "text"),
    "texts": (["dataset=jsonl"], {"text": "a", "label": "x"}, "text"),
}


@pytest.mark.parametrize("words,row,column", LACKING.values(), ids=LACKING)
def test_a_row_without_a_column_is_counted_or_named(words, row, column, tmp_path, capsys):
    rows = [row] * 20 + [{name: value for name, value in row.items() if name != column}] + [row] * 9
    rows[0] = row | {"label": "y"} if "label" in row else row
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    status = cli.run(["check", *words, f"dataset.train={tmp_path / 'a.jsonl'}"])
    printed = capsys.readouterr()
    assert status in (0, 2) and ("line 21" in printed.err or "empty" in printed.out + printed.err)


@pytest.mark.parametrize(
    "answers", [5, True, {"text": ["Anna"], "answer_start": 0}, {"text": None, "answer_start": None}, {"text": 5}]
)
@pytest.mark.parametrize("kind", ["jsonl_questions", "squad_json"])
def test_answers_of_another_shape(kind, answers, tmp_path):
    row = {"question": "who", "context": "Anna sees", "answers": answers}
    squad = {"data": [{"paragraphs": [{"context": "Anna sees", "qas": [{"question": "who", "answers": answers}]}]}]}
    content = json.dumps(row) + "\n" if kind == "jsonl_questions" else json.dumps(squad)
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(UserError, match=r"expected"):
        survey([f"dataset={kind}", f"dataset.train={tmp_path / 'a.json'}", *SPAN])


def test_an_impossible_question_is_true_or_false(tmp_path):
    question = {"question": "who", "answers": [], "is_impossible": "false"}
    (tmp_path / "a.json").write_text(json.dumps({"data": [{"paragraphs": [{"context": "Anna", "qas": [question]}]}]}))
    with pytest.raises(UserError, match="is_impossible is 'false'; expected true or false"):
        survey(["dataset=squad_json", f"dataset.train={tmp_path / 'a.json'}", "dataset.unanswerable=true", *SPAN])


def test_bytes_are_no_text():
    with pytest.raises(ValueError, match="is bytes; expected a text"):
        as_text("Grüße".encode())
