"""CoNLL files: one word per line with tags in columns, sentences separated by blank lines; and CoNLL-U (`.conllu`)."""

import contextlib
import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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
        self._doubts: dict[Path, Doubts] = {}

    def columns(self, file: Path) -> Sequence[str]:
        """Columns of a sentence."""
        return next((list(record) for _, record in self.records(file)), [])

    def records(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """The file's sentences, each with the number of its first line."""
        doubts = self._doubts[file] = Doubts()
        lines = _Lines(file, self.encoding)
        return read(file, token_column=self._columns[0], tag_column=self._columns[1], lines=lines, doubts=doubts)

    def warnings(self) -> list[str]:
        """Lines that could be meant otherwise, of the files that have been read."""
        return [warning for file, doubts in self._doubts.items() for warning in doubts.warnings(file)]

    def fingerprint(self, split: str) -> str:
        """Marks files that version 0.1 read otherwise, so that their tokens are not taken from its cache."""
        found = super().fingerprint(split)
        file = self._file(split)
        return f"{found}-2" if _read_otherwise(file, self.encoding, found, *self._columns) else found


@dataclass
class _Lines:
    """The lines of a file, which can be read again."""

    file: Path
    encoding: str | None

    def __iter__(self) -> Iterator[str]:
        return decoding.lines(self.file, encoding=self.encoding)


@dataclass
class Doubts:
    """Lines of a file that could be meant otherwise.

    Attributes:
        comments: numbers of the lines that are read as comments although they have the columns of a word.
        words: likewise of lines that are read as a word # although no other word has its tag.
        uneven: numbers of lines with another number of columns than the first word, and that number.
    """

    comments: list[int] = field(default_factory=list)
    words: list[int] = field(default_factory=list)
    uneven: list[tuple[int, int]] = field(default_factory=list)
    width: int = 0

    def warnings(self, file: Path) -> Iterator[str]:
        """A sentence for each kind."""
        for lines, how in (
            (
                self.comments,
                "read as a comment, although it has as many columns as a word; put a tab between columns if it is one",
            ),
            (self.words, "read as a word #, although no other word has its tag; remove the line if it is a comment"),
        ):
            if lines:
                yield f"{file}, line {lines[0]}{_and_more(lines)}: {how}"
        if self.uneven:
            number, cells = self.uneven[0]
            yield (
                f"{file}, line {number}{_and_more(self.uneven)}: {cells} columns, but the first word has {self.width}; columns "
                "are counted in each line, so check which one is the tag's"
            )


def _and_more(lines: Sequence[Any]) -> str:
    return f" and {len(lines) - 1:,} more" if len(lines) > 1 else ""


def read(
    file: Path | None,
    *,
    token_column: int,
    tag_column: int | None,
    lines: Iterable[str] | None = None,
    doubts: Doubts | None = None,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Sentences of a file, or of `lines`, as (number of the first line, {"tokens": [...], "tags": [...]}).

    Columns are separated by tabs in a line that has one, else by blanks; any other white space, such as a no-break space,
    is part of a word. An empty line or a `-DOCSTART-` line ends a sentence. Skipped are CoNLL-U's multiword tokens and
    empty nodes, and comments: in CoNLL-U, lines that begin with #; else `#begin document` and `#end document` of
    CoNLL-2012, and lines before a sentence that begin with a # of its own and

    - have another number of columns than the words,
    - or are written as CoNLL-U's `# text = ...`,
    - or have a tag that no other word has, in a file that has other comments.

    So a word can be #.

    Args:
        file: the file to read; None for `lines` of standard input.
        token_column: index of the words' column.
        tag_column: likewise for the tags; None for a file without tags.
        lines: the file's lines, if they are not UTF-8; None to read the file. They may be read twice if there are tags.
        doubts: takes the lines that could be meant otherwise; None to forget them.

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
    doubts = doubts or Doubts()
    lines = _Lines(file, None) if lines is None and file is not None else lines
    assert lines is not None
    width, given = _first_width(lines)
    doubts.width, habits = width[0], None
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
        elif line.startswith(_DOCUMENT):
            continue
        elif not tokens and cells[0].split(" ")[0] == "#":
            if _is_comment(line, cells, *width):
                continue
            if _KEY_AND_VALUE.match(line):
                doubts.comments.append(number)
                continue
            if tag_column is not None and len(cells) >= needed:
                habits = habits or _Habits.of(lines, tag_column, needed)
                if cells[tag_column] not in habits.tags:
                    (doubts.comments if habits.comments else doubts.words).append(number)
                    if habits.comments:
                        continue
        if len(cells) < needed:
            what = "column" if len(cells) == 1 else "columns"
            raise UserError(
                f"{file or 'standard input'}, line {number}: {len(cells)} {what} ({' '.join(cells)[:40]}), but token_column="
                f"{token_column}{'' if tag_column is None else f' and tag_column={tag_column}'} need {needed}; set "
                "dataset.token_column and dataset.tag_column to the columns of the file, or fix the line"
            )
        doubts.width = doubts.width or len(cells)
        if len(cells) != doubts.width and not unified:
            doubts.uneven.append((number, len(cells)))
        first, width = (first if tokens else number), (len(cells), "\t" in line)
        tokens.append(cells[token_column])
        if tag_column is not None:
            tags.append(cells[tag_column])
    if tokens:
        yield first, _sentence(tokens, tags, tag_column)


_NO_WORD = re.compile(r"\d+[-.]\d+")  # 1-2 is a multiword token, 1.1 an empty node


_DOCUMENT = ("#begin document", "#end document")
_KEY_AND_VALUE = re.compile(r"# *[\w:.-]+(?: [\w:.-]+)? *= ")  # CoNLL-U's, as in `# text = In the house`


def _is_comment(line: str, cells: list[str], width: int, tabs: bool) -> bool:
    """Whether a line with a # before a sentence is a comment for certain; `width` and `tabs` are of the nearest word."""
    return len(cells) != width or (tabs and "\t" not in line)


@dataclass
class _Habits:
    """Whether a file has comments for certain, and the tags of its words that do not begin a sentence with #."""

    comments: bool
    tags: set[str]

    @classmethod
    def of(cls, lines: Iterable[str], tag_column: int, needed: int) -> "_Habits":
        found = cls(False, {"O"})
        width, given = _first_width(lines)
        begins = True
        for line in given:
            cells = _cells(line)
            if not any(cells) or cells[0] == "-DOCSTART-" or line.startswith(_DOCUMENT):
                begins = True
            elif begins and cells[0].split(" ")[0] == "#":
                begins = _is_comment(line, cells, *width) or _KEY_AND_VALUE.match(line) is not None
                found.comments |= begins
            elif len(cells) >= needed:
                begins = False
                found.tags.add(cells[tag_column])
        return found


_OTHER_SPACE = re.compile(r"[^\S \t\r\n]")


@functools.cache
def _read_otherwise(file: Path, encoding: str | None, content: str, token_column: int, tag_column: int) -> bool:
    """Whether version 0.1 read the file otherwise: it has other white space, or lines that were wrongly left out or kept.

    Args:
        content: identifies what is in the file, which is read once.
    """
    unsure = _unsure_comments(file, encoding, token_column, tag_column)
    width, lines = _first_width(decoding.lines(file, encoding=encoding))
    started, before = False, ""
    for number, line in enumerate(lines, start=1):
        started = started or (not line.startswith(("#", "-DOCSTART-")) and not line.isspace())
        if (
            _OTHER_SPACE.search(line)
            or line.startswith(_DOCUMENT)
            or (line.startswith("-DOCSTART-") and before.strip())
            # which took all lines with # before the first word for comments, and none with the columns of a word after it
            or (line.startswith("# ") and len(_cells(line)) == width[0] and started == (number in unsure))
        ):
            return True
        before = line
    return False


def _unsure_comments(file: Path, encoding: str | None, token_column: int, tag_column: int) -> set[int]:
    """Numbers of the lines with the columns of a word that are read as comments."""
    if not any(line.startswith("# ") for line in decoding.lines(file, encoding=encoding)):
        return set()
    doubts = Doubts()
    with contextlib.suppress(UserError):
        for _ in read(
            file, token_column=token_column, tag_column=tag_column, lines=_Lines(file, encoding), doubts=doubts
        ):
            pass
    return set(doubts.comments)


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
