"""SQuAD's JSON format, and files in other formats."""

import json

import pytest

from tunesmith.data.sources.squad_json import SquadJson, read
from tunesmith.errors import UserError

QUESTION = {"id": "q1", "question": "Who ?", "answers": [{"text": "Ada", "answer_start": 0}]}


def squad(*questions, context="Ada met Bo."):
    return {"version": "v2.0", "data": [{"title": "t", "paragraphs": [{"context": context, "qas": list(questions)}]}]}


def rows(tmp_path, content):
    (tmp_path / "a.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return list(read(tmp_path / "a.json"))


def test_questions(tmp_path):
    impossible = {
        "id": "q2",
        "question": "Where ?",
        "is_impossible": True,
        "answers": [],
        "plausible_answers": [{"text": "Bo"}],
    }
    assert rows(tmp_path, squad(QUESTION, impossible, {"id": "q3", "question": "When ?"})) == [
        (
            1,
            {
                "id": "q1",
                "question": "Who ?",
                "context": "Ada met Bo.",
                "answers": {"text": ["Ada"], "answer_start": [0]},
            },
        ),
        (2, {"id": "q2", "question": "Where ?", "context": "Ada met Bo.", "answers": {"text": [], "answer_start": []}}),
        (3, {"id": "q3", "question": "When ?", "context": "Ada met Bo.", "answers": {"text": [], "answer_start": []}}),
    ]
    source = SquadJson(train=str(tmp_path / "a.json"), validation=None, test=None, encoding=None)
    assert source.where("train", 2).endswith("a.json, question 2 (q2)")


@pytest.mark.parametrize(
    "content,message",
    [
        ("[1, 2", "line 1: not JSON"),
        ([1, 2], 'the file has no list "data" .it is a list.; expected'),
        ({"questions": []}, 'the file has no list "data" .its keys are questions.'),
        ({"data": [{"title": "x"}]}, r'data\[0\] has no list "paragraphs"'),
        (squad({"id": "q"}), r'data\[0\].paragraphs\[0\].qas\[0\] has no string "question"'),
        ("", 'the file has no list "data"'),
        ('{"data": NaN}', "is not JSON .NaN is not in JSON.*; expected"),
        ({"version": 1, "items": []}, "its keys are version, items"),
        ({"data": [{"paragraphs": [3]}]}, r'data\[0\].paragraphs\[0\] has no string "context" .it is a int.'),
        (
            {"data": [{"paragraphs": [{"context": "c"}]}]},
            r'data\[0\].paragraphs\[0\] has no list "qas" .its keys are context.',
        ),
        (squad(QUESTION, "x"), r'data\[0\].paragraphs\[0\].qas\[1\] has no string "question" .it is a str.'),
        (
            squad(QUESTION | {"answers": [{"answer_start": 1}]}),
            r'qas\[0\].answers has no string "text" .its keys are answer_start',
        ),
        (squad(QUESTION | {"answers": ["Ada"]}), r'qas\[0\].answers has no string "text" .it is a str.'),
    ],
)
def test_json_in_another_format(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        rows(tmp_path, content)
    with pytest.raises(UserError, match=rf"^{tmp_path}/a.json"):
        rows(tmp_path, content)


def test_a_file_may_have_line_breaks_and_impossible_questions_have_no_answers(tmp_path):
    impossible = QUESTION | {"is_impossible": True}
    found = rows(tmp_path, json.dumps(squad(QUESTION, impossible), indent=1))
    assert [record["answers"]["text"] for _, record in found] == [["Ada"], []]


def test_questions_without_an_id_are_named_by_their_number(tmp_path):
    rows(tmp_path, squad({"question": "Who ?"}))
    source = SquadJson(train=None, validation=None, test=str(tmp_path / "a.json"), encoding=None)
    assert source.where("test", 1) == f"{tmp_path}/a.json, question 1"
    assert source.where("test", 9) == f"{tmp_path}/a.json, question 9"
