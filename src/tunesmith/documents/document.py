"""What a report says, independent of its format: sections of paragraphs, tables and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.figure import Figure


@dataclass(frozen=True)
class Score:
    """A cell with a mean and its sample standard deviation.

    Attributes:
        mean: over the seeds.
        deviation: None for a single seed.
        best: whether it is the best, or cannot be told from the best.
    """

    mean: float
    deviation: float | None = None
    best: bool = False


Cell = str | int | float | Score | None


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: of its file, without an ending.
        title: in a few words.
        headings: of the columns.
        rows: a cell for each heading; None is an empty cell.
        note: below the table: what its numbers are.
        decimals: shown of a number; a CSV file has all of them.
    """

    name: str
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    decimals: int = 4


@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes:
        name: of its files, without an ending.
        title: in a few words.
        figure: made by `tunesmith.figures.style.new_figure`.
        caption: what it shows and how its numbers were computed.
    """

    name: str
    title: str
    figure: Figure
    caption: str = ""


Part = str | Table | Picture


@dataclass(frozen=True)
class Section:
    """A part of the report. A text among its parts is a paragraph: plain text, escaped by each format."""

    title: str
    parts: list[Part] = field(default_factory=list)
