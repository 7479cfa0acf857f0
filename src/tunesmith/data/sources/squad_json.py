"""Questions in the official JSON format of SQuAD 1.1 and 2.0."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tunesmith.data.sources import decoding, files, jsonl
from tunesmith.errors import UserError

_FORMAT = (
    '{"data": [{"paragraphs": [{"context": "...", "qas": [{"id": "...", "question": "...", "answers": [...]}]}]}]}'
)


class SquadJson(files.Files):
    """Questions with their contexts, in the order of the file.

    Args:
        train: the training file; null only for evaluation.
        validation: null to hold out a tenth of the training questions.
        test: null for no test split.
        encoding: of files without a byte-order mark; null for UTF-8.
    """

    def __init__(self, *, train: str | None, validation: str | None, test: str | None, encoding: str | None) -> None:
        super().__init__(train=train, validation=validation, test=test, encoding=encoding)

    def columns(self, file: Path) -> Sequence[str]:
        """Fields of a question."""
        return next((list(record) for _, record in self.records(file)), [])

    def records(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """The file's questions, numbered from 1."""
        return read(file, encoding=self.encoding)

    def where(self, split: str, row: int) -> str:
        """The location of a question, for messages: `train.json, question 17 (56be4db0)`."""
        file = self._file(split)
        name = next((record["id"] for number, record in self.records(file) if number == row), None)
        return f"{file}, question {row}{f' ({name})' if name else ''}"


def read(file: Path, *, encoding: str | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Questions of a file as (number from 1, {"id", "question", "context", "answers"}).

    Answers are {"text": [...], "answer_start": [...]}, empty for a question that is impossible or has none.

    Raises:
        UserError: if the file is not JSON, or not in this format; names the first violation.
    """
    if file.stat().st_size > decoding.LONGEST_DOCUMENT:
        raise UserError(
            f"{file} has {file.stat().st_size:,} bytes; expected at most {decoding.LONGEST_DOCUMENT:,}, as it is read as a "
            "whole: write JSON lines (dataset=jsonl_questions)"
        )
    try:
        content = jsonl.parsed("".join(decoding.lines(file, encoding=encoding)) or "{}")
    except json.JSONDecodeError as error:
        raise UserError(f"{file}, line {error.lineno}: not JSON ({error.msg}); expected {_FORMAT}") from error
    except ValueError as error:
        raise UserError(f"{file} is not JSON ({error}); expected {_FORMAT}") from error
    number = 0
    for article_number, article in enumerate(_list(content, "data", "the file", file)):
        location = f"data[{article_number}]"
        for paragraph_number, paragraph in enumerate(_list(article, "paragraphs", location, file)):
            paragraph_location = f"{location}.paragraphs[{paragraph_number}]"
            context = _text(paragraph, "context", paragraph_location, file)
            for question_number, question in enumerate(_list(paragraph, "qas", paragraph_location, file)):
                number += 1
                question_location = f"{paragraph_location}.qas[{question_number}]"
                record = {"id": question.get("id") if isinstance(question, dict) else None}
                record |= {"question": _text(question, "question", question_location, file), "context": context}
                impossible = question.get("is_impossible", False)
                if impossible not in (True, False, None):
                    raise UserError(
                        f"{file}: {question_location}.is_impossible is {impossible!r:.40}; expected true or false"
                    )
                given = [] if impossible else question.get("answers") or []
                if not isinstance(given, list):
                    raise UserError(f"{file}: {question_location}.answers is {given!r:.40}; expected a list of answers")
                texts = [_text(answer, "text", f"{question_location}.answers", file) for answer in given]
                yield (
                    number,
                    record | {"answers": {"text": texts, "answer_start": [a.get("answer_start") for a in given]}},
                )


def _list(holder: Any, key: str, location: str, file: Path) -> list[Any]:
    found = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(found, list):
        raise _format_error(holder, key, "list", location, file)
    return found


def _text(holder: Any, key: str, location: str, file: Path) -> str:
    found = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(found, str):
        raise _format_error(holder, key, "string", location, file)
    return found


def _format_error(holder: Any, key: str, kind: str, location: str, file: Path) -> UserError:
    has = (
        f"its keys are {', '.join(map(str, holder))}"
        if isinstance(holder, dict)
        else f"it is a {type(holder).__name__}"
    )
    return UserError(f'{file} is not a SQuAD file: {location} has no {kind} "{key}" ({has}); expected {_FORMAT}')
