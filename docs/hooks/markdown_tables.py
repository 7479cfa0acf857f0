"""Tables and texts in Markdown: what comes from a YAML file or a docstring is text, not markup."""

import html
import re
from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"[\\*\[\]#!{}]|(?<!\w)_|_(?!\w)")  # but for backticks, which docstrings use as here


def escaped(text: str) -> str:
    """A text whose characters mean nothing in Markdown or HTML, outside its code spans."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # an odd number of backticks: no spans
        return _literal(text).replace("`", "\\`")
    return "`".join(part if number % 2 else _literal(part) for number, part in enumerate(parts))


def _literal(text: str) -> str:
    return _MARKUP.sub(r"\\\g<0>", html.escape(text, quote=False))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown cells; a bar ends none."""
    lines = [header, *rows]
    shown = ["| " + " | ".join(re.sub(r"(?<!\\)\|", r"\\|", cell) for cell in line) + " |" for line in lines]
    return "\n".join([shown[0], "|---" * len(header) + "|", *shown[1:]])
