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
    '"': r"\textquotedbl{}",
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
_LATIN = 0x17F  # what pdfLaTeX's fonts have
_LONGEST = 48  # characters of a text in a cell


def escaped(value: object) -> str:
    """A value as plain text on one line, which no character of it can leave."""
    text = safe(" ".join(str(value).split()))
    return _CHARACTERS.sub(lambda found: _SPECIAL[found[0]], text)


def as_latex(table: Table, *, label: str | None = None) -> str:
    r"""The table as a float, to be read in with `\input`; it needs \usepackage{booktabs,adjustbox}.

    It is made smaller where it is wider than the line, and long texts are shortened; a CSV file has them whole.
    """
    numeric = [_is_numeric([row[column] for row in table.rows]) for column in range(len(table.headings))]
    note = f" {table.note}" if table.note else ""
    lines = [
        r"% \usepackage{booktabs,adjustbox}",
        r"\begin{table}[t]",
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
        rf"\caption{{{escaped(table.title)}.{escaped(note) if note else ''}}}",
        rf"\label{{tab:{label or table.name}}}",
        r"\end{table}",
    ]
    if max(map(ord, "".join(lines)), default=0) > _LATIN:
        lines.insert(
            0, "% has characters that pdfLaTeX lacks: compile with LuaLaTeX or XeLaTeX, and a font that has them"
        )
    return "\n".join(lines) + "\n"


def _heading(heading: str, right: bool) -> str:
    """A column head: a long name in lines, broken after its points and slashes."""
    parts = _BREAKS.split(heading)
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part) > 12:
            lines.append("")
        lines[-1] += part
    stacked = r" \\ ".join(map(escaped, lines))
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
    return " & ".join(cells) + r" \\"
