"""One line of a terminal that is drawn again and again, as wide as the terminal; what matters least is left out first."""

import shutil
from collections.abc import Sequence
from typing import Any, NamedTuple

BAR_WIDTH = 16  # characters


class Part(NamedTuple):
    """A part of a line.

    Attributes:
        text: left out if it is empty.
        rank: of two parts, the one of the higher rank is left out first.
    """

    text: str
    rank: int


def fitted(parts: Sequence[Part], width: int) -> str:
    """The parts in their order, two spaces between them, without those that do not fit; the last part to go is cut.

    Args:
        parts: of one line.
        width: characters.
    """
    kept = [part for part in parts if part.text]
    while len(kept) > 1 and len("  ".join(part.text for part in kept)) > width:
        kept.remove(max(reversed(kept), key=lambda part: part.rank))
    return "  ".join(part.text for part in kept)[:width]


def bar(fraction: float, *, ascii_only: bool) -> str:
    """A bar of which a fraction is full."""
    full, empty = ("#", "-") if ascii_only else ("━", "─")
    length = round(min(max(fraction, 0.0), 1.0) * BAR_WIDTH)
    return full * length + empty * (BAR_WIDTH - length)


def width() -> int:
    """Characters of a line: one less than the terminal has, for a full line would make some terminals begin another."""
    return max(shutil.get_terminal_size().columns - 1, 20)


class LiveLine:
    """The line; without escape sequences, so that it needs no more of a terminal than a carriage return.

    Args:
        stream: a terminal.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._shown = 0  # characters on the screen
        self.ascii_only = not _can_encode(stream, "━─")

    def draw(self, parts: Sequence[Part]) -> None:
        """Replace what the line shows."""
        text = fitted(parts, width())
        self._stream.write(f"\r{text}{' ' * (self._shown - len(text))}")
        self._stream.flush()
        self._shown = len(text)

    def clear(self) -> None:
        """Remove the line: what is printed next begins in its place."""
        if self._shown:
            self._stream.write(f"\r{' ' * min(self._shown, width())}\r")
            self._stream.flush()
            self._shown = 0


def _can_encode(stream: Any, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
