"""Names of labels on figures: short, distinct, on one line, and only with characters that the font has."""

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font

from tunesmith.errors.messages import one_line

WIDTH = 24  # characters
_NUMBERED = re.compile(r"#[0-9]|$")  # would look like a number, or like nothing


def drawn(names: Sequence[str], *, width: int = WIDTH) -> list[str]:
    """A text for each name.

    A long name is cut. A name that the font cannot draw (DejaVu Sans has no Chinese or Japanese) is its number among the
    names, `#3`, and so is one that would look like another one, before what can be shown of it: explain them with `key`.
    """
    shown = [one_line(name, width) if _drawable(name) else "" for name in names]
    counts = Counter(shown)
    return [
        text if counts[text] == 1 and not _NUMBERED.match(text) else f"#{number} {text}".rstrip()
        for number, text in enumerate(shown, start=1)
    ]


def key(names: Sequence[str], *, width: int = WIDTH) -> str:
    """A sentence that says which names the numbers of `drawn` stand for; empty if there are none."""
    texts = zip(names, drawn(names, width=width), strict=True)
    numbered = [
        f"#{number} is {one_line(name, 80)}"
        for number, (name, text) in enumerate(texts, start=1)
        if text.startswith(f"#{number}") and text != name
    ]
    return f"{'; '.join(numbered)}." if numbered else ""


def _drawable(name: str) -> bool:
    return all(ord(c) in _characters() for c in name if c.isprintable() and not unicodedata.combining(c))


@functools.cache
def _characters() -> frozenset[int]:
    """Code points that the font of all figures has."""
    return frozenset(FT2Font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())
