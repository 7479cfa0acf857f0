"""What a survey of questions refuses, counts and warns of."""

import pytest

from tests.heads.test_span import question_task
from tests.tasks.rows import Rows
from tunesmith.data.survey.survey import SHOWN
from tunesmith.errors import UserError


def test_a_survey_says_what_answers_are_left_out():
    rows = [
        {"question": "who ?", "context": "Ada met Bo", "answers": {"text": texts, "answer_start": [0] * len(texts)}}
        for texts in (["Ada"], [" Bo "], ["Eve"], [""], [])
    ]
    task = question_task(unanswerable=True)
    assert task.options()["version"] == 3
    found = task.survey(Rows(train=rows))
    counts = {note.split(",")[0]: each["train"] for note, each in found.notes.items()}
    assert counts == {
        "answers not at the given offset": 1,
        "answers that do not occur in their context": 1,
        "questions of which no answer occurs in the context": 1,
        "answers without text": 1,
        "questions without an answer": 2,
    }
    assert task.options()["version"] == 4
    assert task.survey(Rows(train=[rows[0], rows[4]])) and task.options()["version"] == 3
    with pytest.raises(UserError, match=r"row 3: the question has no answers; set dataset.unanswerable=true"):
        question_task().survey(Rows(train=[rows[0], rows[1], rows[3]]))
    with pytest.raises(UserError, match="no answers of the training split occurs in its context"):
        question_task().survey(Rows(train=[rows[2]]))


def row(*answers, name=None, context="Ada met Bo", question="who ?"):
    return {"id": name, "question": question, "context": context, "answers": list(answers)}


def mistakes(task, **splits):
    with pytest.raises(UserError) as caught:
        task.survey(Rows(**splits))
    return caught.value.mistakes


def test_counts_are_those_of_each_split():
    splits = {"train": [row("Ada"), row("Ada", "Eve"), row("Eve")], "test": [row("Bo", "Ida"), row("Bo")]}
    found = question_task().survey(Rows(**splits))
    assert found.rows == {"train": 3, "test": 2} and found.summary == "answers are spans of their contexts"
    moved, lost, absent, empty, none = found.notes.values()
    assert lost == {"train": 2, "test": 1} and absent == {"train": 1, "test": 0}
    assert moved == empty == none == {"train": 0, "test": 0} and found.warnings == []


@pytest.mark.parametrize("wrong", [1, SHOWN, SHOWN + 1, SHOWN + 4])
def test_the_first_wrong_rows_of_a_split_are_listed(wrong):
    rows = [row("Ada", question="")] * wrong + [row("Ada")]
    found = mistakes(question_task(), train=rows, test=[row()])
    expected = [
        f"train, row {number}: the question is empty; fill it or drop the row" for number in range(1, wrong + 1)
    ]
    more = [f"... and {wrong - SHOWN} more rows of train"] if wrong > SHOWN else []
    assert found[:-1] == [*expected[:SHOWN], *more]
    assert found[-1].startswith("test, row 1: the question has no answers")


def test_ids_are_unique_within_a_split():
    splits = {"train": [row("Ada", name=1), row("Ada", name="1"), row("Ada"), row("Ada")], "test": [row("Ada", name=1)]}
    assert mistakes(question_task(), **splits) == [
        "train, row 2: duplicate id 1; expected a unique id for each question, or none"
    ]
    assert question_task().survey(Rows(train=splits["train"][1:], test=splits["test"])).rows["train"] == 3


def test_a_split_needs_rows():
    found = mistakes(question_task(), train=[row("Ada")], validation=[], test=[row("Ada")])
    assert len(found) == 1 and found[0].startswith("the validation split has no rows")


def test_splits_without_answers_are_warned_of():
    task, answered, unanswered = question_task(unanswerable=True), row("Ada"), row()
    found = task.survey(Rows(train=[answered, unanswered], validation=[unanswered] * 2, test=[answered, unanswered]))
    assert found.warnings == ["no question of validation has an answer"]
    found = task.survey(Rows(train=[answered, answered], test=[answered, unanswered]))
    assert found.warnings == ["dataset.unanswerable=true, but every question of train has an answer"]
    assert task.survey(Rows(test=[answered])).warnings == []
    assert question_task().survey(Rows(train=[answered, answered])).warnings == []


def test_one_answer_of_the_training_split_that_occurs_is_enough():
    absent = [row("Eve")] * 2
    assert question_task().survey(Rows(train=[*absent, row("Ada"), *absent])).rows == {"train": 5}
    assert question_task().survey(Rows(test=absent)).rows == {"test": 2}  # of others, none has to
    (found,) = mistakes(question_task(), train=absent, test=[row("Ada")])
    assert found.startswith("no answers of the training split occurs in its context; expected spans of the context")
    # It is not said of rows that are wrong in another way.
    (found,) = mistakes(question_task(), train=[row("Ada", context="")])
    assert "the context is empty" in found


@pytest.mark.parametrize("answer", [" Bo ", ""])
def test_what_version_0_1_read_otherwise_has_another_version(answer):
    for rows in ([row(answer), row("Ada")], [row("Ada"), row(answer)], [row("Ada"), row(answer), row("Ada")]):
        task = question_task(unanswerable=True)
        task.survey(Rows(train=rows))
        assert task.options()["version"] == 4
