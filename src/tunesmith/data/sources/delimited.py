"""Tables in comma- or tab-separated text with a header line (RFC 4180), row by row.

Cells may be quoted, and quoted cells may run over lines. Most writers of tab-separated text do not quote: there, cells
count as quoted only if in the whole file each cell that begins with a quote also ends with one on its line; else quotes
are text. A quote inside a quoted cell is written twice; writers that put a backslash before it instead need a setting, as
both readings of such a file may be possible. A first line `sep=;`, which spreadsheets write, names the delimiter.
"""

import csv
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from tunesmith.data.sources import decoding
from tunesmith.errors import UserError

csv.field_size_limit(decoding.LONGEST_RECORD)  # of a cell with line breaks; a long cell is unusual, but not an error
ENDINGS = (".csv", ".tsv", ".tab")
Quoting = Literal["minimal", "backslash", "none"]
Row = tuple[int, list[str], int]  # number of the first line, cells, how many of them have a line break
_OTHER = "\0"  # stands for a carriage return or line feed that ends no line


class Tables:
    """Reads the rows of tables, and remembers what is notable about each.

    Args:
        encoding: of text without a byte-order mark; None for UTF-8.
        delimiter: a character; None for a comma, in `.tsv` and `.tab` files a tab.
        quoting: minimal, if cells may be in double quotes; backslash, if moreover a quote, a backslash or a delimiter in
            a cell has a backslash before it (Python's doublequote=False, escapechar="\\\\"); none if quotes are text; None
            for minimal, and in tab-separated text for what the whole file shows.
    """

    def __init__(self, *, encoding: str | None, delimiter: str | None, quoting: Quoting | None) -> None:
        self._encoding, self._delimiter, self._quoting = encoding, delimiter, quoting
        self._literal_from: dict[Path, int] = {}  # line with a quote that is text; 0 if there is none
        self._line_breaks: dict[Path, int] = {}  # cells with one, in the files that have been read to the end
        self._backslashes: dict[Path, int] = {}  # first line with a backslash before a quote that is kept

    def columns(self, file: Path) -> list[str]:
        """Names of the columns; none if the file is empty.

        Raises:
            UserError: if two columns have the same name.
        """
        return next((cells for _, cells, _ in self._table(file)), [])

    def header(self, line: str, ending: str) -> list[str]:
        """Cells of a first line, in a file with an ending.

        Raises:
            UserError: if the setting of the delimiter is wrong.
        """
        delimiter = self._given_delimiter() or ("\t" if ending == ".tsv" else ",")
        quoting: Any = csv.QUOTE_NONE if self._quoting == "none" else csv.QUOTE_MINIMAL
        return next(csv.reader([line], delimiter=delimiter, quoting=quoting), [])

    def rows(self, file: Path) -> Iterator[tuple[int, dict[str, str]]]:
        """Rows as (number of the first line, column -> cell); blank lines are skipped.

        Raises:
            UserError: for a row with more or fewer cells than the header, a quote that is not closed, or text after a
                closing quote; names file and line.
        """
        table = self._table(file)
        names = next(table, (0, [], 0))[1]
        breaks = 0
        for line, cells, broken in table:
            if len(cells) != len(names):
                raise UserError(
                    f"{file}, line {line}: {len(cells)} cells, but the header has {len(names)} columns "
                    f"({', '.join(names)}); quote cells that contain the separator or a line break"
                    + ("" if self._quoted(file) else ", and set dataset.quoting=minimal")
                    + self._perhaps_backslash(file, line, line)
                )
            breaks += broken
            if self._quoting is None and file not in self._backslashes and any('\\"' in cell for cell in cells):
                self._backslashes[file] = line
            yield line, dict(zip(names, cells, strict=True))
        self._line_breaks[file] = breaks

    def warnings(self, files: Iterable[Path]) -> list[str]:
        """A sentence for each of the files in which quotes count as text although one could be meant otherwise."""
        files = list(dict.fromkeys(files))
        return [
            f"{file}, line {self._backslashes[file]}: a cell has a backslash before a quote, and both are kept; set "
            f"dataset.quoting=backslash if it stands for the quote alone, or dataset.quoting="
            f"{'minimal' if self._quoted(file) else 'none'} to confirm"
            for file in files
            if file in self._backslashes
        ] + [
            f"{file}, line {self._literal_from[file]}: a cell begins with a quote and does not end with one, so quotes "
            "are text in the whole file; set dataset.quoting=none if that is right, or dataset.quoting=minimal if "
            "quoted cells run over lines"
            for file in files
            if self._literal_from.get(file)
        ]

    def notes(self, files: Mapping[str, Path]) -> dict[str, dict[str, int]]:
        """The number of cells with a line break in the file of each split; empty if there is none."""
        found = {split: self._line_breaks.get(file, 0) for split, file in files.items()}
        return {"cells with a line break": found} if any(found.values()) else {}

    def reading(self, file: Path) -> str:
        """How a file is read, for a fingerprint; nothing for a file that is read by default."""
        given = {"delimiter": self._delimiter, "quoting": self._quoting}
        named = "".join(f"-{name}={value}" for name, value in given.items() if value is not None)
        return named + ("-quotes-are-text" if self._quoting is None and not self._quoted(file) else "")

    def suggestion(self, columns: Sequence[str]) -> str:
        """A likely delimiter, if the header is not divided by the one that is used."""
        if len(columns) == 1:
            for other, written in {";": "';'", "\t": r"'\t'", ",": "','", "|": "'|'"}.items():
                if other in columns[0]:
                    return f"; is the delimiter {written}? set dataset.delimiter={chr(34)}{written}{chr(34)}"
        return ""

    def _delimiter_of(self, file: Path) -> str:
        by_ending = "\t" if file.suffix.lower() in (".tsv", ".tab") else ","
        return self._given_delimiter() or self._named_delimiter(file) or by_ending

    def _given_delimiter(self) -> str | None:
        given = "\t" if self._delimiter == r"\t" else self._delimiter
        if given is not None and (len(given) != 1 or given in '"\r\n\0'):
            raise UserError(
                rf"dataset.delimiter is {given!r}; expected one character, such as ';', '|' or '\t' for a tab"
            )
        return given

    def _named_delimiter(self, file: Path) -> str | None:
        """The delimiter that a first line such as `sep=;` names."""
        return names_delimiter(next(decoding.chunks(file, encoding=self._encoding), ""))

    def _perhaps_backslash(self, file: Path, first: int, last: int) -> str:
        """The remedy, if lines have a backslash before a quote."""
        if self._quoting == "backslash":
            return ""
        lines = islice(self._lines(file, quoted=self._quoted(file))[0], first - 1, last)
        found = any('\\"' in line for line in lines)
        return "; if a backslash stands before quotes inside cells, set dataset.quoting=backslash" if found else ""

    def _table(self, file: Path) -> Iterator[Row]:
        """The header and the rows."""
        parsed = self._parsed(file)
        for line, cells, broken in parsed:
            _check_names(cells, f"{file}, line {line}")
            yield line, cells, broken
            yield from parsed

    def _parsed(self, file: Path) -> Iterator[Row]:
        lines, other = self._lines(file, quoted=self._quoted(file))
        delimiter, before = self._delimiter_of(file), 0
        if self._named_delimiter(file) is not None:
            next(lines)
            before = 1
        escapes: Any = {}
        if self._quoting == "backslash":
            lines = map(functools.partial(_with_plain_backslashes, delimiter=delimiter), lines)
            escapes = {"doublequote": False, "escapechar": "\\"}
        quoting: Any = csv.QUOTE_MINIMAL if self._quoted(file) else csv.QUOTE_NONE
        reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True, **escapes)
        while True:
            first = before + reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                last = before + reader.line_num
                message = _unreadable(str(error), decoding.shown(file), first, last)
                raise UserError(message + self._perhaps_backslash(file, first, last)) from error
            if cells is None:
                return
            broken = 0
            if before + reader.line_num > first or _OTHER in "".join(cells):
                cells = [cell.replace(_OTHER, other) for cell in cells]
                broken = sum("\n" in cell or "\r" in cell for cell in cells)
            if cells:  # else a blank line
                yield first, cells, broken

    def _lines(self, file: Path, *, quoted: bool) -> tuple[Iterator[str], str]:
        """Lines that end as the header does: with a carriage return in old Macintosh files, else with a line feed.

        The other of the two, returned too, is part of a cell. As Python's reader would end the row there, it is a NUL in
        the lines, which text has not.
        """
        text = decoding.chunks(file, encoding=self._encoding)
        first = next(text)
        limit: Any = {"name": decoding.shown(file), "longest": decoding.LONGEST_RECORD}
        text, bare = chain([first], text), re.sub(r'"[^"]*"', "", first) if quoted else first
        if re.match(r"[^\r\n]*\r(?!\n|\Z)", bare):
            return (line.replace("\n", _OTHER) for line in decoding.split(text, "\r", **limit)), "\n"
        return map(_without_returns, decoding.split(text, "\n", **limit)), "\r"

    def _quoted(self, file: Path) -> bool:
        """Whether cells may be quoted."""
        if self._quoting is not None or self._delimiter_of(file) != "\t":
            return self._quoting != "none"
        if file not in self._literal_from:
            self._literal_from[file] = self._unclosed(file)
        return not self._literal_from[file]

    def _unclosed(self, file: Path) -> int:
        """The first line with a cell that begins with a quote and is not closed there; 0 if there is none."""
        cell = r'(?:"(?:[^"]++|"")*+"|(?!")[^\t]*+)'
        closed = re.compile(rf"{cell}(?:\t{cell})*+")
        for number, line in enumerate(self._lines(file, quoted=False)[0], start=1):
            if '"' in line and not closed.fullmatch(line.rstrip("\r\n")):
                return number
        return 0


def names_delimiter(text: str) -> str | None:
    """The delimiter that the first line of a text names, such as `sep=;`; None if it names none."""
    found = _NAMED.match(text)
    return found[1] if found else None


_NAMED = re.compile(r'"?sep=([^"\r\n])"?[ \t]*(?=[\r\n])', re.IGNORECASE)


def _with_plain_backslashes(line: str, *, delimiter: str) -> str:
    """A line in which backslashes before other characters, which stand for themselves, are written twice."""
    special = re.escape('"\\\r\n' + delimiter)
    return (
        re.sub(rf"\\([{special}])|\\", lambda found: found[0] if found[1] else "\\\\", line) if "\\" in line else line
    )


def _without_returns(line: str) -> str:
    if "\r" not in line or ("\r" not in line[:-2] and line.endswith("\r\n")):
        return line
    return re.sub(r"\r(?!\n|\Z)", _OTHER, line)


def _check_names(names: list[str], location: str) -> None:
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if "" in twice:
        places = ", ".join(str(number) for number, name in enumerate(names, start=1) if not name)
        raise UserError(f"{location}: columns {places} of the header have no name; name them or remove them")
    if twice:
        raise UserError(
            f"{location}: more than one column is named {', '.join(twice)}; expected a name of its own for each column "
            f"(the header has {', '.join(names)})"
        )


def _unreadable(error: str, name: str, first: int, line: int) -> str:
    """The message for an error of Python's reader in the row that begins in a line."""
    literal = "set dataset.quoting=none if quotes are text"
    if "unexpected end of data" in error:
        return (
            f"{name}, line {first}: a cell of this row begins with a quote that is not closed before the end of the file; "
            f"close it, or {literal}"
        )
    if "expected after" in error:
        began = "" if first == line else f" (its row begins in line {first})"
        return (
            f"{name}, line {line}: text after the closing quote of a cell{began}; write quotes inside a quoted cell twice, "
            f"or {literal}"
        )
    if "field limit" in error:
        return (
            f"{name}, line {first}: a cell has more than {decoding.LONGEST_RECORD:,} characters; expected shorter texts"
        )
    return f"{name}, line {line}: {error}"
