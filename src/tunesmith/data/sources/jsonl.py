"""JSON lines: one JSON object per line."""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tunesmith.data.sources import decoding, files
from tunesmith.errors import UserError


class Jsonl(files.Files):
    """Objects of JSON-lines files, read line by line.

    Args:
        train: the training file; null only for evaluation.
        validation: null to hold out a tenth of the training rows.
        test: null for no test split.
        encoding: of files without a byte-order mark; null for UTF-8.
    """

    def __init__(self, *, train: str | None, validation: str | None, test: str | None, encoding: str | None) -> None:
        super().__init__(train=train, validation=validation, test=test, encoding=encoding)

    def columns(self, file: Path) -> Sequence[str]:
        """Fields of the first object."""
        return next((list(record) for _, record in self.records(file)), [])

    def records(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """The file's objects, each with its line number."""
        return read(decoding.lines(file, encoding=self.encoding), name=str(file))


def read(lines: Iterator[str], *, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Objects of some lines as (line number, object); blank lines are skipped.

    Raises:
        UserError: for a line that is not a JSON object; names file (`name`) and line.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if len(line) > decoding.LONGEST_RECORD:
            raise UserError(
                f"{name}, line {number}: more than {decoding.LONGEST_RECORD:,} characters; expected shorter texts"
            )
        try:
            record = parsed(line)
        except ValueError as error:
            if line.lstrip().startswith("["):
                raise UserError(_array(name, number)) from error
            broken = isinstance(error, json.JSONDecodeError)
            why = f"not JSON ({error}); expected one object per line" if broken else str(error)
            raise UserError(f"{name}, line {number}: {why}") from error
        if isinstance(record, list):
            raise UserError(_array(name, number))
        if not isinstance(record, dict):
            raise UserError(f"{name}, line {number}: expected a JSON object, received {type(record).__name__}")
        yield number, record


def parsed(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: if it is not JSON (NaN and Infinity are not), if a number is beyond float64, if an object has a key twice,
            if half of a surrogate pair is no character, or if it is nested too deeply.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if "\\ud" in text or "\\uD" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as error:
            half = f"\\u{ord(error.object[error.start]):04x}"
            raise ValueError(f"{half} is half of a surrogate pair, without the other half") from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {json.dumps(twice)} occurs twice in an object")
    return found


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f'{digits} is beyond the largest number; write it as text, "{digits}", or as a smaller number')
    return number


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not in JSON; expected a finite number, a string or null")


def _array(name: str, line: int) -> str:
    return (
        f"{name}, line {line}: expected one JSON object per line, received an array; write a line for each of its "
        "elements, for example with: jq -c '.[]', or in pandas with to_json(orient='records', lines=True)"
    )
