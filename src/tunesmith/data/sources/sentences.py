"""A user's own texts, pairs and triplets to train on, and scored pairs to validate and test on, in several formats.

`.csv`, `.tsv` and `.tab` files have a header, `.jsonl`, `.ndjson` and `.json` files one object per line, other files one sentence
per line. The STS benchmark's own files (Cer et al., 2017) have no header, but genre, file, year, number, score and two
sentences, tab-separated and unquoted; they are recognised by this format, whatever their name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tunesmith.data.sources import decoding, delimited, files, jsonl

_SCORE, _FIRST, _SECOND = 4, 5, 6  # cells of a line in the STS benchmark
_JSON = {".jsonl", ".json", ".ndjson"}


class Sentences(files.Files):
    """Rows of text, CSV, TSV, JSON-lines and STS files, read line by line.

    Args:
        train: the training file; null only for evaluation.
        validation: scored pairs, or rows like those of training; null to hold out a tenth of the training rows.
        test: likewise; null for no test split.
        encoding: of files without a byte-order mark; null for UTF-8.
        delimiter: of CSV and TSV files; null for a comma, in `.tsv` and `.tab` files a tab.
        quoting: minimal, if cells may be in double quotes; backslash, if also a backslash is before a quote in a cell; none,
            if quotes are text; null for minimal, and in tab-separated files for what the whole file shows.
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
        encoding: str | None,
        delimiter: str | None,
        quoting: Literal["minimal", "backslash", "none"] | None,
        more: dict[str, str],
        text: str,
        first: str,
        second: str,
        score: str,
    ) -> None:
        super().__init__(train=train, validation=validation, test=test, encoding=encoding)
        self._tables = delimited.Tables(encoding=encoding, delimiter=delimiter, quoting=quoting)
        self._more = more
        self._text, self._first, self._second, self._score = text, first, second, score
        added = {name: Path(file).expanduser() for name, file in more.items() if name not in self.splits}
        self.files |= added
        self.splits = (*self.splits, *added)

    def columns(self, file: Path) -> Sequence[str]:
        """Names of the columns of a file; only one if it has one sentence per line."""
        if self._is_sts(file):
            return [self._first, self._second, self._score]
        if _is_table(file):
            return self._tables.columns(file)
        if file.suffix.lower() in _JSON:
            return next((list(record) for _, record in self.records(file)), [])
        return [self._text] if any(True for _ in self.records(file)) else []

    def records(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """The file's rows, each with its line number; blank lines are skipped."""
        if self._is_sts(file):
            return self._sts(file)
        if _is_table(file):
            return self._tables.rows(file)
        if file.suffix.lower() in _JSON:
            return jsonl.read(self._lines(file), name=str(file))
        return (
            (number, {self._text: line.rstrip("\r\n")})
            for number, line in enumerate(self._lines(file), start=1)
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

    def suggestion(self, columns: Sequence[str]) -> str:
        """A likely delimiter."""
        return self._tables.suggestion(columns)

    def reading(self, file: Path) -> str:
        """How a file is read, for the fingerprint."""
        is_table = _is_table(file) and not self._is_sts(file)
        return super().reading(file) + (self._tables.reading(file) if is_table else "")

    def notes(self) -> dict[str, dict[str, int]]:
        """The number of cells with a line break in each split's file, once it has been read."""
        return self._tables.notes(self.files)

    def warnings(self) -> list[str]:
        """Files in which quotes count as text although one could be meant otherwise."""
        return self._tables.warnings(self.files.values())

    def _lines(self, file: Path) -> Iterator[str]:
        return decoding.lines(file, encoding=self.encoding)

    def _has_scores(self, file: Path) -> bool:
        return file.is_file() and self._score in self.columns(file)

    def _is_sts(self, file: Path) -> bool:
        """Whether the first line is a scored pair of the STS benchmark, not a header."""
        cells = next(self._lines(file), "").split("\t")
        return len(cells) > _SECOND and re.fullmatch(r"[0-5](\.\d+)?", cells[_SCORE]) is not None

    def _sts(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, line in enumerate(self._lines(file), start=1):
            if not line.strip():
                continue
            cells = line.rstrip("\r\n").split("\t")
            cells += [""] * _SECOND  # a short line has no score, which the survey reports
            yield (
                number,
                {self._first: cells[_FIRST], self._second: cells[_SECOND], self._score: cells[_SCORE]},
            )


def _is_table(file: Path) -> bool:
    return file.suffix.lower() in delimited.ENDINGS
