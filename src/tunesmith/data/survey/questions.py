"""One light pass over every split of questions: counts, answers that are not where they should be, mistakes."""

from typing import Any

from tunesmith.data.survey.survey import SHOWN, Survey, no_rows
from tunesmith.errors import UserError


def survey_questions(source: Any, task: Any) -> Survey:
    """Read every row of a dataset of questions about contexts.

    Args:
        source: a source of `tunesmith.data.sources`.
        task: a `QuestionAnswering`.

    Raises:
        UserError: with every split's mistakes: empty questions or contexts, ids that occur twice, questions without an answer
            where each should have one, no rows.
    """
    mistakes, rows = [], {}
    notes: dict[str, dict[str, int]] = {
        "answers found at another place than given": {},
        "answers that do not occur in their context, not learnt from": {},
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
            raise ValueError(f"the id {name} occurs twice; each question needs an id of its own, or none")
        seen.add(str(name))
