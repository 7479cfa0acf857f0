r"""A document as a LaTeX fragment, to be read into a paper with `\input`: it has no preamble of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tunesmith.documents.document import Part, Picture, Section, Table
from tunesmith.documents.latex import as_latex, breakable, in_place, needs_unicode

PACKAGES = ("booktabs", "adjustbox", "graphicx")
_ROWS = 35  # of a table, which has to fit a page


def page(sections: Sequence[Section], *, figures: str | None) -> str:
    r"""The fragment. It needs \usepackage{booktabs,adjustbox,graphicx}.

    Each section becomes a \section*; tables and pictures are as wide as the column and stay in their place, and a long table is
    divided. Lines may be loosely set, because commands and paths break at few places.

    Args:
        sections: its content; texts are escaped.
        figures: the folder with the figures as PDF, relative to the paper; None leaves them out.
    """
    blocks = [block for section in sections for block in _section(section, figures)]
    body = "\n\n".join([r"\begingroup\sloppy\emergencystretch=3em\raggedbottom", *blocks, r"\endgroup"])
    notes = [rf"% \usepackage{{{','.join(PACKAGES)}}}"]
    if needs_unicode(body):
        notes.append("% has characters that pdfLaTeX lacks: compile with LuaLaTeX or XeLaTeX, and a font that has them")
    return "\n".join([*notes, body]) + "\n"


def _section(section: Section, figures: str | None) -> Iterator[str]:
    yield rf"\section*{{{breakable(section.title)}}}"
    for part in section.parts:
        yield from _part(part, figures)


def _part(part: Part, figures: str | None) -> Iterator[str]:
    if isinstance(part, Table):
        yield from _tables(part)
    elif isinstance(part, Picture):
        if figures is not None:
            yield _picture(part, figures)
    else:
        yield breakable(part)


def _tables(table: Table) -> Iterator[str]:
    """The table in pieces that fit a page."""
    starts = range(0, max(1, len(table.rows)), _ROWS)
    for number, start in enumerate(starts, 1):
        piece = replace(table, rows=table.rows[start : start + _ROWS])
        if len(starts) > 1:
            piece = replace(piece, title=f"{table.title} ({number} of {len(starts)})")
        label = table.name if number == 1 else f"{table.name}-{number}"
        yield as_latex(piece, label=label, floats=False).strip()


def _picture(picture: Picture, figures: str) -> str:
    caption = f"{picture.title}. {picture.caption}".strip()
    lines = [
        r"\centering",
        rf"\includegraphics[width=\linewidth]{{{figures}/{picture.name}.pdf}}",
        rf"\caption{{{breakable(caption)}}}",
        rf"\label{{fig:{picture.name}}}",
    ]
    return "\n".join(in_place("figure", lines))
