"""Texts of a run as literal Markdown: in a code span nothing is markup."""

import re
from collections.abc import Iterable, Sequence

from tunesmith.errors.terminal import safe

_MARKUP = re.compile(r"[\\`*\[\]<>|&~#$!]|(?<!\w)_|_(?!\w)")
_LONGEST_RUN = re.compile(r"`+")


def code(value: object) -> str:
    """A value as a code span, on one line."""
    text = _on_a_line(value)
    longest = max((len(run) for run in _LONGEST_RUN.findall(text)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if longest or not text else ""  # a span may neither begin nor end with a backtick
    return f"{fence}{padding}{text}{padding}{fence}"


def literal(value: object) -> str:
    """A value as plain text, on one line: neither markup nor HTML, and it ends no cell of a table."""
    return _MARKUP.sub(r"\\\g<0>", _on_a_line(value))


def _on_a_line(value: object) -> str:
    return safe(" ".join(str(value).split()))


def table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A table of code spans; None is an empty cell."""

    def line(cells: Sequence[object]) -> str:
        # The only character that ends a cell within a code span.
        return "| " + " | ".join("" if cell is None else code(cell).replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(header), "|" + " --- |" * len(header), *map(line, rows)])


def python(source: str) -> str:
    """A block of Python."""
    return f"```python\n{source.strip()}\n```"
