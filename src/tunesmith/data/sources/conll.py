"""CoNLL files: one word per line with tags in columns, sentences separated by blank lines; and CoNLL-U (`.conllu`)."""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from tunesmith.data.sources import decoding, files
from tunesmith.errors import UserError


class Conll(files.Files):
    """Sentences of column files, read line by line.

    Args:
        train: the training file; null only for evaluation.
        validation: null to hold out a tenth of the training sentences.
        test: null for no test split.
        encoding: of files without a byte-order mark; null for UTF-8.
        token_column: index of the words' column, from 0; negative indices count from the last.
        tag_column: likewise for the tags.
    """

    def __init__(
        self,
        *,
        train: str | None,
        validation: str | None,
        test: str | None,
        encoding: str | None,
        token_column: int,
        tag_column: int,
    ) -> None:
        super().__init__(train=train, validation=validation, test=test, encoding=encoding)
        self._columns = (token_column, tag_column)

    def columns(self, file: Path) -> Sequence[str]:
        """Columns of a sentence."""
        return next((list(record) for _, record in self.records(file)), [])

    def records(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """The file's sentences, each with the number of its first line."""
        given = decoding.lines(file, encoding=self.encoding)
        return read(file, token_column=self._columns[0], tag_column=self._columns[1], lines=given)

    def fingerprint(self, split: str) -> str:
        """Marks files that version 0.1 read otherwise, so that their tokens are not taken from its cache."""
        found = super().fingerprint(split)
        return f"{found}-2" if _read_otherwise(self._file(split), self.encoding, found) else found


def read(
    file: Path | None, *, token_column: int, tag_column: int | None, lines: Iterable[str] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Sentences of a file, or of `lines`, as (number of the first line, {"tokens": [...], "tags": [...]}).

    Columns are separated by tabs in a line that has one, else by blanks; any other white space, such as a no-break space,
    is part of a word. An empty line or a `-DOCSTART-` line ends a sentence. Skipped are CoNLL-U's multiword tokens and
    empty nodes, and comments: in CoNLL-U, lines that begin with #; else lines between sentences that begin with a # of
    its own and have another number of columns than the words, and CoNLL-2012's `#begin document` and `#end document`. So a
    word can be #.

    Args:
        file: the file to read; None for `lines` of standard input.
        token_column: index of the words' column.
        tag_column: likewise for the tags; None for a file without tags.
        lines: the file's lines, if they are not UTF-8; None to read the file.

    Raises:
        UserError: for a line with too few columns, or without CoNLL-U's index; names file and line.
    """
    assert file is not None or lines is not None
    unified = file is not None and file.suffix.lower() == ".conllu"
    wanted = [token_column] if tag_column is None else [token_column, tag_column]
    needed = max(number + 1 if number >= 0 else -number for number in wanted)
    if tag_column is not None and token_column != tag_column:
        needed = max(needed, 2)  # columns 0 and -1 of a single column would be the same
    tokens: list[str] = []
    tags: list[str] = []
    first = 0
    width, given = _first_width(decoding.lines(file) if lines is None else lines)
    for number, line in enumerate(given, start=1):
        cells = _cells(line)
        if not any(cells) or cells[0] == "-DOCSTART-":
            if tokens:
                yield first, _sentence(tokens, tags, tag_column)
                tokens, tags = [], []
            continue
        if unified:
            if line.startswith("#") or _NO_WORD.fullmatch(cells[0]):
                continue
            if not cells[0].isdecimal():
                raise UserError(
                    f"{file}, line {number}: {cells[0][:40]!r} is not the index of a word, but CoNLL-U lines begin with one; "
                    "name a file of other columns .conll, or fix the line"
                )
        elif not tokens and _is_comment(line, cells, *width):
            continue
        if len(cells) < needed:
            what = "column" if len(cells) == 1 else "columns"
            raise UserError(
                f"{file or 'standard input'}, line {number}: {len(cells)} {what} ({' '.join(cells)[:40]}), but token_column="
                f"{token_column}{'' if tag_column is None else f' and tag_column={tag_column}'} need {needed}; set "
                "dataset.token_column and dataset.tag_column to the columns of the file, or fix the line"
            )
        first, width = (first if tokens else number), (len(cells), "\t" in line)
        tokens.append(cells[token_column])
        if tag_column is not None:
            tags.append(cells[tag_column])
    if tokens:
        yield first, _sentence(tokens, tags, tag_column)


_NO_WORD = re.compile(r"\d+[-.]\d+")  # 1-2 is a multiword token, 1.1 an empty node


def _is_comment(line: str, cells: list[str], width: int, tabs: bool) -> bool:
    """Whether a line between sentences is a comment; `width` and `tabs` are the columns of the nearest word."""
    if line.startswith(("#begin document", "#end document")):
        return True
    return cells[0].split(" ")[0] == "#" and (len(cells) != width or (tabs and "\t" not in line))


_OTHER_SPACE = re.compile(r"[^\S \t\r\n]")


@functools.cache
def _read_otherwise(file: Path, encoding: str | None, content: str) -> bool:
    """Whether version 0.1 read the file otherwise: it has other white space, or lines that were wrongly left out or kept.

    Args:
        content: identifies what is in the file, which is read once.
    """
    width, lines = _first_width(decoding.lines(file, encoding=encoding))
    started, before = False, ""
    for line in lines:
        started = started or (not line.startswith(("#", "-DOCSTART-")) and not line.isspace())
        if (
            _OTHER_SPACE.search(line)
            or line.startswith(("#begin document", "#end document"))
            or (line.startswith("-DOCSTART-") and before.strip())
            or (not started and line.startswith("# ") and len(_cells(line)) == width[0])
        ):
            return True
        before = line
    return False


def _cells(line: str) -> list[str]:
    line = line.rstrip("\r\n")
    return (
        [cell.strip(" ") for cell in line.split("\t")] if "\t" in line else [cell for cell in line.split(" ") if cell]
    )


def _first_width(lines: Iterable[str]) -> tuple[tuple[int, bool], Iterable[str]]:
    """Number of columns of the first word that does not begin with #, whether tabs separate them, and all lines."""
    given, passed = iter(lines), []
    for line in given:
        passed.append(line)
        cells = _cells(line)
        if any(cells) and cells[0] != "-DOCSTART-" and not line.startswith("#"):
            return (len(cells), "\t" in line), chain(passed, given)
    return (0, False), passed


def _sentence(tokens: list[str], tags: list[str], tag_column: int | None) -> dict[str, Any]:
    return {"tokens": tokens} if tag_column is None else {"tokens": tokens, "tags": tags}
