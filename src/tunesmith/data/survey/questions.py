"""One light pass over every split of questions: counts, misplaced answers, mistakes."""

from typing import Any

from tunesmith.data.survey.survey import SHOWN, Survey, no_rows
from tunesmith.errors import UserError


def survey_questions(source: Any, task: Any) -> tuple[Survey, bool]:
    """Read every row of a dataset of questions about contexts.

    Returns:
        The survey, and whether version 0.1 encoded any of the answers otherwise.

    Args:
        source: a source of `tunesmith.data.sources`.
        task: a `QuestionAnswering`.

    Raises:
        UserError: with the mistakes of all splits: empty questions or contexts, duplicate ids, questions without an
            answer if each should have one, no rows.
    """
    mistakes: list[str] = []
    rows: dict[str, int] = {}
    notes: dict[str, dict[str, int]] = {
        "answers not at the given offset, found elsewhere": {},
        "answers that do not occur in their context, ignored": {},
        "questions of which no answer occurs in the context, left out of the loss": {},
        "answers without text, left out": {},
        "questions without an answer": {},
    }
    moved, lost, absent, empty, unanswered = notes.values()
    trained = read_otherwise = False
    for split in source.splits:
        ids: set[str] = set()
        for counts in (rows, *notes.values()):
            counts[split] = 0
        wrong = 0
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
            absent[split] += answers.absent
            empty[split] += answers.empty
            unanswered[split] += not answers.texts
            trained = trained or (split == "train" and not answers.absent)
            read_otherwise = read_otherwise or answers.read_otherwise
        if wrong > SHOWN:
            mistakes.append(f"... and {wrong - SHOWN} more rows of {split}")
        if not rows[split]:
            mistakes.append(no_rows(split))
    if not mistakes and "train" in source.splits and not trained:
        mistakes.append(
            f"no {task.answers} of the training split occurs in its {task.context}; expected spans of the {task.context}"
        )
    if mistakes:
        raise UserError(mistakes)
    warnings = [
        f"no question of {split} has an answer"
        for split in source.splits
        if task.unanswerable and unanswered[split] == rows[split]
    ]
    if task.unanswerable and "train" in source.splits and not unanswered["train"]:
        warnings.append("dataset.unanswerable=true, but every question of train has an answer")
    return Survey(rows, "answers are spans of their contexts", notes, warnings=warnings), read_otherwise


def _unique(name: Any, seen: set[str]) -> None:
    if name is not None:
        if str(name) in seen:
            raise ValueError(f"duplicate id {name}; expected a unique id for each question, or none")
        seen.add(str(name))
