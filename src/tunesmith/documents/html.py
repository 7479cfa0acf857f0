"""A document as one HTML file that needs no network: tables that sort and filter, figures as SVG, light and dark."""

import functools
import re
from collections.abc import Sequence
from typing import Any

from tunesmith.documents.document import Cell, Part, Picture, Score, Section, Table
from tunesmith.documents.numbers import number, value_of
from tunesmith.errors.terminal import safe
from tunesmith.figures.style import svg


def page(title: str, sections: Sequence[Section], *, lead: str = "") -> str:
    """The page.

    Args:
        title: of the page.
        sections: its content; texts are escaped.
        lead: a line below the title.
    """
    anchors = [_anchor(number, section.title) for number, section in enumerate(sections, 1)]
    text: str = _template().render(title=title, lead=lead, sections=list(zip(anchors, sections, strict=True)))
    return text


def environment(package: str) -> Any:
    """jinja2 with the templates of a package: texts are escaped, and control characters and marks of direction are shown."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: safe(value) if type(value) is str else value,
    )


@functools.cache
def _template() -> Any:
    templates = environment("tunesmith.documents")
    templates.filters |= {"kind": _kind, "svg": _svg, "cell": _shown, "sort_key": _sort_key, "is_number": _is_number}
    return templates.get_template("page.html")


def _kind(part: Part) -> str:
    return "text" if isinstance(part, str) else type(part).__name__.lower()


def _svg(picture: Picture) -> Any:
    from markupsafe import Markup

    drawn = svg(picture.figure, name=picture.name, title=safe(picture.title))
    return Markup(drawn)  # noqa: S704  by matplotlib, which escapes its texts


def _shown(cell: Cell, decimals: int) -> str:
    """A cell's text; of a score its mean."""
    if isinstance(cell, Score):
        return number(cell.mean, decimals)
    return "" if cell is None else number(cell, decimals) if isinstance(cell, float) else str(cell)


def _sort_key(cell: Cell) -> str:
    value = value_of(cell)
    return "" if value is None else repr(value)


def _is_number(table: Table, column: int) -> bool:
    cells = [row[column] for row in table.rows if row[column] is not None]
    return bool(cells) and all(not isinstance(cell, str) for cell in cells)


def _anchor(number: int, title: str) -> str:
    return f"{number}-" + re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
