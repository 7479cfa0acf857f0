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
    ],
)
def test_json_in_another_format(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        rows(tmp_path, content)
