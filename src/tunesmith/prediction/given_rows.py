"""Rows to predict that a program gives, instead of a file: each is read as its line in a file of JSON lines would be."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tunesmith.data.sources.jsonl import parsed
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

Inputs = Iterable[str | Mapping[str, Any]]


def given_rows(inputs: Inputs, task: Any) -> Iterator[dict[str, Any]]:
    """Rows with the model's text columns.

    Args:
        inputs: texts, or dictionaries of columns, such as a pair's two.
        task: the model's task.

    Raises:
        UserError: for anything else, such as a missing column, or a value that JSON does not have (NaN, a date).
    """
    needed = ", ".join(task.text_columns)
    if isinstance(inputs, str | bytes | Mapping) or not isinstance(inputs, Iterable):
        raise UserError(
            f"predict received {inputs!r:.80}; expected a list of texts, or of dictionaries with the columns {needed}"
        )
    if hasattr(inputs, "columns") and hasattr(inputs, "to_dict"):  # iterating over a DataFrame gives its column names
        raise UserError(f'predict received a {type(inputs).__name__}; expected a list: frame.to_dict("records")')
    for number, given in enumerate(inputs):
        shown = f"inputs[{number}]"
        if isinstance(given, str):
            row = task.row_of_text(given)
            if row is None:
                raise UserError(
                    f"{shown} is a text, but the run needs {needed}; expected a dictionary with these columns"
                )
        elif isinstance(given, Mapping):
            row = dict(given)
        else:
            raise UserError(f"{shown} is {given!r:.80}; expected a text, or a dictionary with the columns {needed}")
        for column in task.text_columns:
            if column not in row:
                names = [str(name) for name in row]
                raise UserError(
                    f"{shown} has no {column}; it has {', '.join(names) or 'no columns'}{did_you_mean(column, names)} "
                    f"(the run needs {needed})"
                )
        yield _as_json(row, shown)


def _as_json(row: dict[str, Any], shown: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = parsed(json.dumps(row))
    except (TypeError, ValueError, RecursionError) as error:
        raise UserError(
            f"{shown}: {error}; write the value as text or None, or leave the column out if the run does not need it"
        ) from error
    return found
