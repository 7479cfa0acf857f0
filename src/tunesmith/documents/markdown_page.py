"""A document as Markdown: tables, texts, and figures as files beside it."""

from collections.abc import Sequence

from tunesmith.documents.document import Cell, Part, Picture, Score, Section, Table
from tunesmith.documents.markdown import literal
from tunesmith.documents.numbers import shown


def page(title: str, sections: Sequence[Section], *, figures: str | None = None) -> str:
    """The document.

    Args:
        title: of the page.
        sections: its content; texts are escaped.
        figures: the folder with the figures as PNG, relative to the page; None leaves them out.
    """
    blocks = [f"# {literal(title)}"]
    for section in sections:
        blocks.append(f"## {literal(section.title)}")
        blocks += [text for part in section.parts if (text := _part(part, figures))]
    return "\n\n".join(blocks) + "\n"


def _part(part: Part, figures: str | None) -> str:
    if isinstance(part, Table):
        return "\n\n".join(filter(None, [f"### {literal(part.title)}", as_markdown(part), literal(part.note)]))
    if isinstance(part, Picture):
        return f"![{literal(part.caption or part.title)}]({figures}/{part.name}.png)" if figures else ""
    return literal(part)


def as_markdown(table: Table) -> str:
    """A table; the best scores in bold."""
    rows = [[_cell(cell, table.decimals) for cell in row] for row in table.rows]
    lines = [list(map(literal, table.headings)), ["---"] * len(table.headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(cell: Cell, decimals: int) -> str:
    text = literal(shown(cell, decimals))
    return f"**{text}**" if isinstance(cell, Score) and cell.best else text
