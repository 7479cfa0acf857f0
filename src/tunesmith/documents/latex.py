"""Tables as LaTeX with the package booktabs, for pdfLaTeX, LuaLaTeX and XeLaTeX."""

import re
from collections.abc import Sequence

from tunesmith.documents.document import Cell, Score, Table
from tunesmith.documents.numbers import number, shown
from tunesmith.errors.terminal import safe

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\char34}",  # \textquotedbl is missing in OT1, the encoding of a document that sets none
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "-": r"{-}",  # -- would become a dash
    "±": r"$\pm$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "\u2212": r"$-$",
}
_CHARACTERS = re.compile("|".join(map(re.escape, _SPECIAL)))
_BREAKS = re.compile(r"(?<=[./_=,])(?=\w)")
_BREAKABLE = re.compile(r"(?<=[./_=,:;?&+@)\]}-])(?=[^./_=,:;?&+@)\]}-])")
_LONG_WORD = 13  # characters, from which on a word may break
_PIECE = 10  # characters of it that stay together
_LATIN = 0x17F  # what pdfLaTeX's fonts have
_LONGEST = 48  # characters of a text in a cell


def escaped(value: object) -> str:
    """A value as plain text on one line, which no character of it can leave."""
    text = safe(" ".join(str(value).split()))
    return _CHARACTERS.sub(lambda found: _SPECIAL[found[0]], text)


def breakable(value: object) -> str:
    r"""Like `escaped`, and long words such as paths and settings may break at the end of a line, without a hyphen.

    They do so after ``./_=,:-`` and closing brackets; a piece without those, such as a digest, after every ten characters.
    """
    return " ".join(map(_with_breaks, safe(" ".join(str(value).split())).split(" ")))


def needs_unicode(text: str) -> bool:
    """Whether a text has characters that the fonts of pdfLaTeX lack."""
    return max(map(ord, text), default=0) > _LATIN


def as_latex(table: Table, *, label: str | None = None, floats: bool = True) -> str:
    r"""The table as a float, to be read in with `\input`; it needs \usepackage{booktabs,adjustbox}.

    It is made smaller where it is wider than the line, and long texts are shortened; a CSV file has them whole.

    Args:
        table: what it shows.
        label: after `tab:`; None for the table's name.
        floats: whether LaTeX chooses its place; else it is where it is read in, see `in_place`.
    """
    numeric = [_is_numeric([row[column] for row in table.rows]) for column in range(len(table.headings))]
    lines = [
        r"\centering",
        r"\begin{adjustbox}{max width=\linewidth}",
        rf"\begin{{tabular}}{{@{{}}{''.join('r' if number else 'l' for number in numeric)}@{{}}}}",
        r"\toprule",
        _row([_heading(heading, right) for heading, right in zip(table.headings, numeric, strict=True)]),
        r"\midrule",
        *(_row([_cell(cell, table.decimals) for cell in row]) for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{adjustbox}",
        rf"\caption{{{breakable(f'{table.title}. {table.note}'.strip())}}}",
        rf"\label{{tab:{label or table.name}}}",
    ]
    lines = [r"\begin{table}[t]", *lines, r"\end{table}"] if floats else in_place("table", lines)
    lines.insert(0, r"% \usepackage{booktabs,adjustbox}")
    if needs_unicode("".join(lines)):
        lines.insert(
            0, "% has characters that pdfLaTeX lacks: compile with LuaLaTeX or XeLaTeX, and a font that has them"
        )
    return "\n".join(lines) + "\n"


def _with_breaks(word: str) -> str:
    if len(word) < _LONG_WORD:
        return escaped(word)
    pieces = [
        piece[start : start + _PIECE] for piece in _BREAKABLE.split(word) for start in range(0, len(piece), _PIECE)
    ]
    return r"\allowbreak{}".join(map(escaped, pieces))


def in_place(kind: str, lines: Sequence[str]) -> list[str]:
    """A table or figure that stays where it is: of more than some twenty floats in a row LaTeX gives up.

    Args:
        kind: table or figure, by which its caption is numbered.
        lines: its content, with the caption.
    """
    begin = [r"\begin{center}\begin{minipage}{\linewidth}", rf"\makeatletter\def\@captype{{{kind}}}\makeatother"]
    return [*begin, *lines, r"\end{minipage}\end{center}"]


def _heading(heading: str, right: bool) -> str:
    """A column head: a long name in lines, broken after its points and slashes."""
    parts = _BREAKS.split(heading)
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part) > 12:
            lines.append("")
        lines[-1] += part
    stacked = r" \\ {}".join(map(escaped, lines))
    return (
        stacked
        if len(lines) == 1
        else rf"\begin{{tabular}}[b]{{@{{}}{'r' if right else 'l'}@{{}}}}{stacked}\end{{tabular}}"
    )


def _cell(cell: Cell, decimals: int) -> str:
    if not isinstance(cell, Score):
        text = shown(cell, decimals)
        return escaped(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}...")
    mean = number(cell.mean, decimals).replace("-", "$-$")
    mean = rf"\textbf{{{mean}}}" if cell.best else mean
    return mean if cell.deviation is None else rf"{mean}$_{{\pm {number(cell.deviation, decimals)}}}$"


def _is_numeric(cells: Sequence[Cell]) -> bool:
    return all(isinstance(cell, int | float | Score | None) for cell in cells) and any(
        cell is not None for cell in cells
    )


def _row(cells: Sequence[str]) -> str:
    return "{}" + " & ".join(cells) + r" \\"  # \\ and \midrule would read a cell such as [a] as a length
