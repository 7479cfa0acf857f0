"""A user's own texts, pairs and triplets to train on, and scored pairs to validate and test on, in several formats.

`.csv`, `.tsv` and `.tab` files have a header, `.jsonl` and `.json` files one object per line, other files one sentence
per line. The STS benchmark's own files (Cer et al., 2017) have no header, but genre, file, year, number, score and two
sentences, tab-separated and unquoted; they are recognised by this format, whatever their name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tunesmith.data.sources import csv, files, jsonl

_SCORE, _FIRST, _SECOND = 4, 5, 6  # cells of a line in the STS benchmark
_CSV, _JSON = {".csv", ".tsv", ".tab"}, {".jsonl", ".json"}


class Sentences(files.Files):
    """Rows of text, CSV, TSV, JSON-lines and STS files, read line by line.

    Args:
        train: the training file; null only for evaluation.
        validation: scored pairs, or rows like those of training; null to hold out a tenth of the training rows.
        test: likewise; null for no test split.
        more: further test splits, as name to file, such as sts12.
        text: column name for files with one sentence per line.
        first: column name for the first sentence of an STS file.
        second: likewise for the second.
        score: likewise for the score.
    """

    def __init__(
        self,
        *,
        train: str | None,
        validation: str | None,
        test: str | None,
        more: dict[str, str],
        text: str,
        first: str,
        second: str,
        score: str,
    ) -> None:
        super().__init__(train=train, validation=validation, test=test)
        self._more = more
        self._text, self._first, self._second, self._score = text, first, second, score
        added = {name: Path(file).expanduser() for name, file in more.items() if name not in self.splits}
        self.files |= added
        self.splits = (*self.splits, *added)

    def columns(self, file: Path) -> Sequence[str]:
        """Names of the columns of a file; only one if it has one sentence per line."""
        if _is_sts(file):
            return [self._first, self._second, self._score]
        if file.suffix.lower() in _CSV:
            return csv.header(file)
        if file.suffix.lower() in _JSON:
            return list(next((record for _, record in jsonl.read(file)), {}))
        return [self._text] if any(True for _ in self.records(file)) else []

    def records(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """The file's rows, each with its line number; blank lines are skipped."""
        if _is_sts(file):
            return self._sts(file)
        if file.suffix.lower() in _CSV:
            return csv.read(file)
        if file.suffix.lower() in _JSON:
            return jsonl.read(file)
        return (
            (number, {self._text: line.rstrip("\r\n")})
            for number, line in enumerate(files.lines(file), start=1)
            if line.strip()
        )

    def mistakes(self, columns: Sequence[str]) -> list[str]:
        """Missing or empty files and missing columns; a file with scores needs a pair, others `columns`."""
        found = [
            f"dataset.more.{name}: the name is reserved or invalid; expected one such as sts12, of letters, digits and _"
            for name in self._more
            if name in ("train", "validation", "test") or not re.fullmatch(r"\w+", name)
        ]
        wanted: Mapping[str, Sequence[str]] = {
            split: (self._first, self._second, self._score) if split != "train" and self._has_scores(file) else columns
            for split, file in self.files.items()
        }
        for split, file in self.files.items():
            found += self.file_mistakes(split if split not in self._more else f"more.{split}", file, wanted[split])
        return found

    def _has_scores(self, file: Path) -> bool:
        return file.is_file() and self._score in self.columns(file)

    def _sts(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, line in enumerate(files.lines(file), start=1):
            if not line.strip():
                continue
            cells = line.rstrip("\r\n").split("\t")
            cells += [""] * (_SECOND + 1 - len(cells))  # a short line has no score, which the survey reports
            yield (
                number,
                {self._first: cells[_FIRST], self._second: cells[_SECOND], self._score: cells[_SCORE]},
            )


def _is_sts(file: Path) -> bool:
    """Whether the first line is a scored pair of the STS benchmark, not a header."""
    if not file.is_file():
        return False
    cells = next(files.lines(file), "").split("\t")
    return len(cells) > _SECOND and re.fullmatch(r"[0-5](\.\d+)?", cells[_SCORE]) is not None
