"""What a terminal and a log show: texts of others (labels, paths, errors) as characters, never as commands to the terminal.

A control character could move the cursor, hide or repeat lines, or set the window's title; a mark of direction could show
a path backwards. They are shown as escapes such as `\\u001b`, which stay valid in JSON. While a command runs, `safe_output`
does this to everything that is printed; tables of rich, which need escape sequences for their own colours, go through
`console` and `Escaped`.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# C0 without tab and line feed, DEL, C1, marks of direction, line and paragraph separators, interlinear marks, surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]"
)


def safe(text: str) -> str:
    """The text with escapes for characters that a terminal obeys or that reorder what it shows; line feeds and tabs stay."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class SafeStream:
    """A stream that writes `safe` texts; all else is that of the stream below it, `raw_stream`."""

    def __init__(self, stream: Any) -> None:
        self.raw_stream = stream

    def write(self, text: str) -> int:
        """Write a text; returns its length."""
        self.raw_stream.write(safe(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw_stream, name)


def raw(stream: Any) -> Any:
    """The stream itself, for what is written on purpose: data, progress bars, rich's colours."""
    return stream.raw_stream if isinstance(stream, SafeStream) else stream


@contextmanager
def safe_output() -> Iterator[None]:
    """Whatever is printed within the block is safe."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = ours = SafeStream(raw(sys.stdout)), SafeStream(raw(sys.stderr))
    try:
        yield
    finally:
        if (sys.stdout, sys.stderr) == ours:
            sys.stdout, sys.stderr = before


def console(**options: Any) -> Any:
    """rich's console on standard output; print `Escaped` to it."""
    from rich.console import Console

    return Console(file=raw(sys.stdout), **options)


class Escaped:
    """A table, or any other renderable of rich's, whose texts are `safe`."""

    def __init__(self, renderable: Any) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from rich.segment import Segment

        for segment in console.render(self._renderable, options):
            yield segment if segment.control else Segment(safe(segment.text), segment.style)
