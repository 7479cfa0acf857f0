"""The page: shaded texts, figures and what was left out, in one file that needs no network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from tunesmith.attention.shading import ShadedText
from tunesmith.documents.document import Picture
from tunesmith.documents.html import environment
from tunesmith.figures import style
from tunesmith.storage.files import write_text

_BYTES = 4_800_000  # of a page
_FRAME = 20_000  # bytes of all that is no figure and no shaded text
_SHADE = 110  # bytes of a shaded token, at most a few more


@dataclass
class Drawn:
    """A figure that was drawn: it is in the page, or only in its file.

    Attributes:
        name: of its file, without an ending.
        title: in a few words.
        caption: what it shows.
        svg: of the page; empty for a figure that is only in its file.
    """

    name: str
    title: str
    caption: str
    svg: Markup


@dataclass
class Example:
    """A row of the input.

    Attributes:
        title: its number.
        notes: what was cut, and what the model predicts.
        texts: shaded.
        summary: figures that are seen at once.
        layers: figures that open.
    """

    title: str
    notes: list[str]
    texts: list[ShadedText]
    summary: list[Drawn] = field(default_factory=list)
    layers: list[Drawn] = field(default_factory=list)


def drawn(picture: Picture) -> Drawn:
    """A picture for the page."""
    content = style.svg(picture.figure, name=picture.name, title=picture.title)
    return Drawn(picture.name, picture.title, picture.caption, Markup(content))  # noqa: S704 - matplotlib's own


def write(file: Path, *, title: str, facts: Sequence[str], examples: Sequence[Example]) -> int:
    """Write the page; return how many figures did not fit on it, and are only in their files.

    Args:
        file: to write.
        title: of the page.
        facts: paragraphs at its top.
        examples: whose figures come first where not all fit.
    """
    shades = sum(len(part) for example in examples for text in example.texts for part in text.paragraphs)
    left, outside = _BYTES - _FRAME - _SHADE * shades, 0
    for group in ("summary", "layers"):  # those that are seen at once come first, of all examples
        for example in examples:
            for figure in getattr(example, group):
                size = len(figure.svg.encode())
                if size > left:
                    figure.svg, outside = Markup(), outside + 1
                else:
                    left -= size
    template = environment("tunesmith.attention").get_template("page.html")
    write_text(file, template.render(title=title, facts=facts, examples=examples))
    return outside
