"""CoNLL files: one word per line with tags in columns, sentences separated by blank lines; and CoNLL-U (`.conllu`)."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tunesmith.data.sources import files
from tunesmith.errors import UserError


class Conll(files.Files):
    """Sentences of column files, read line by line.

    Args:
        train: the training file; null only for evaluation.
        validation: null to hold out a tenth of the training sentences.
        test: null for no test split.
        token_column: index of the words' column, from 0; negative indices count from the last.
        tag_column: likewise for the tags.
    """

    def __init__(
        self, *, train: str | None, validation: str | None, test: str | None, token_column: int, tag_column: int
    ) -> None:
        super().__init__(train=train, validation=validation, test=test)
        self._columns = (token_column, tag_column)

    def columns(self, file: Path) -> Sequence[str]:
        """Columns of a sentence."""
        return list(next(self.records(file), (0, {}))[1])

    def records(self, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """The file's sentences, each with the number of its first line."""
        return read(file, token_column=self._columns[0], tag_column=self._columns[1])


def read(
    file: Path | None, *, token_column: int, tag_column: int | None, lines: Iterable[str] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Sentences of a file, or of `lines`, as (number of the first line, {"tokens": [...], "tags": [...]}).

    Columns are separated by tabs in a line that has one, else by any white space. Skipped are `-DOCSTART-` lines,
    comments (in CoNLL-U, lines that begin with #; else lines before a sentence that begin with # and a space and do not
    have as many columns as the words before them), and CoNLL-U's multiword tokens and empty nodes.

    Args:
        file: the file to read; None for `lines`.
        token_column: index of the words' column.
        tag_column: likewise for the tags; None for a file without tags.
        lines: lines to read instead of a file.

    Raises:
        UserError: for a line with too few columns; names file and line.
    """
    assert file is not None or lines is not None
    unified = file is not None and file.suffix.lower() == ".conllu"
    wanted = [token_column] if tag_column is None else [token_column, tag_column]
    needed = max(number + 1 if number >= 0 else -number for number in wanted)
    if tag_column is not None and token_column != tag_column:
        needed = max(needed, 2)  # columns 0 and -1 of a single column would be the same
    tokens: list[str] = []
    tags: list[str] = []
    first = width = 0
    for number, line in enumerate(files.lines(file) if lines is None else lines, start=1):  # type: ignore[arg-type]
        cells = [cell.strip() for cell in line.rstrip("\r\n").split("\t")] if "\t" in line else line.split()
        if not any(cells):
            if tokens:
                yield first, _sentence(tokens, tags, tag_column)
                tokens, tags = [], []
            continue
        if cells[0] == "-DOCSTART-" or (unified and line.startswith("#")):
            continue
        if unified and not cells[0].isdecimal():  # 1-2 is a multiword token, 1.1 an empty node
            continue
        if not unified and not tokens and line.startswith("# ") and "\t" not in line and len(cells) != width:
            continue  # a comment; a word can be # too, but then its line has all columns
        if len(cells) < needed:
            what = "column" if len(cells) == 1 else "columns"
            raise UserError(
                f"{file or 'standard input'}, line {number}: {len(cells)} {what} ({' '.join(cells)[:40]}), but token_column="
                f"{token_column}{'' if tag_column is None else f' and tag_column={tag_column}'} need {needed}; set "
                "dataset.token_column and dataset.tag_column to the columns of the file, or fix the line"
            )
        first, width = (first if tokens else number), len(cells)
        tokens.append(cells[token_column])
        if tag_column is not None:
            tags.append(cells[tag_column])
    if tokens:
        yield first, _sentence(tokens, tags, tag_column)


def _sentence(tokens: list[str], tags: list[str], tag_column: int | None) -> dict[str, Any]:
    return {"tokens": tokens} if tag_column is None else {"tokens": tokens, "tags": tags}
