"""One light pass over every split of questions: counts, misplaced answers, mistakes."""

from typing import Any

from tunesmith.data.survey.survey import SHOWN, Survey, no_rows
from tunesmith.errors import UserError


def survey_questions(source: Any, task: Any) -> Survey:
    """Read every row of a dataset of questions about contexts.

    Args:
        source: a source of `tunesmith.data.sources`.
        task: a `QuestionAnswering`.

    Raises:
        UserError: with the mistakes of all splits: empty questions or contexts, duplicate ids, questions without an
            answer if each should have one, no rows.
    """
    mistakes, rows = [], {}
    notes: dict[str, dict[str, int]] = {
        "answers not at the given offset, found elsewhere": {},
        "answers that do not occur in their context, ignored": {},
        "questions without an answer": {},
    }
    moved, lost, unanswered = notes.values()
    for split in source.splits:
        ids: set[str] = set()
        rows[split] = moved[split] = lost[split] = unanswered[split] = wrong = 0
        for row, record in source.rows(split):
            rows[split] += 1
            try:
                answers = task.read(record)
                _unique(record.get("id"), ids)
                if not answers.texts and not task.unanswerable:
                    raise ValueError(
                        f"the question has no {task.answers}; set dataset.unanswerable=true if questions may have none"
                    )
            except ValueError as error:
                wrong += 1
                if wrong <= SHOWN:
                    mistakes.append(f"{source.where(split, row)}: {error}")
                continue
            moved[split] += answers.moved
            lost[split] += answers.starts.count(-1)
            unanswered[split] += not answers.texts
        if wrong > SHOWN:
            mistakes.append(f"... and {wrong - SHOWN} more rows of {split}")
        if not rows[split]:
            mistakes.append(no_rows(split))
    if mistakes:
        raise UserError(mistakes)
    return Survey(rows, "answers are spans of their contexts", notes)


def _unique(name: Any, seen: set[str]) -> None:
    if name is not None:
        if str(name) in seen:
            raise ValueError(f"duplicate id {name}; expected a unique id for each question, or none")
        seen.add(str(name))
