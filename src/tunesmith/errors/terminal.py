"""What a terminal and a log show: texts of others (labels, paths, errors) as characters, never as commands to the terminal.

A control character could move the cursor, hide or repeat lines, or set the window's title; a mark of direction could show
a path backwards. They are shown as escapes such as `\\u001b`, which stay valid in JSON. While a command runs, `safe_output`
does this to everything that is printed; tables of rich, which need escape sequences for their own colours, go through
`console` and `Escaped`.

Where the output is not Unicode (`LC_ALL=C`), signs of ours are spelled out, such as +- for ±, and all other characters that it
lacks are escapes of JSON, so that predictions that are piped in JSON lines lose nothing.
"""

import codecs
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

# C0 without tab and line feed, DEL, C1, marks of direction, line and paragraph separators, interlinear marks, surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]"
)

_SPELLED = str.maketrans(
    {"±": "+-", "…": "...", "→": "->", "≥": ">=", "≤": "<=", "≈": "~", "“": '"', "”": '"', "━": "-", "─": "-", "—": "-"}
    | {"\N{MULTIPLICATION SIGN}": "x", "\N{EN DASH}": "-", "\N{MINUS SIGN}": "-"}
    | {"\N{LEFT SINGLE QUOTATION MARK}": "'", "\N{RIGHT SINGLE QUOTATION MARK}": "'"}
)
_ESCAPES = "tunesmith.escapes"  # how a stream writes what its encoding lacks


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """A handler of codecs: escapes of JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", errors="surrogatepass")
    escapes = (f"\\u{units[n] << 8 | units[n + 1]:04x}" for n in range(0, len(units), 2))
    return "".join(escapes), error.end


codecs.register_error(_ESCAPES, _escaped)


def spelled(text: str, stream: Any) -> str:
    """The text with signs of ours spelled in ASCII, if the stream cannot encode it."""
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return text.translate(_SPELLED)
    return text


def safe(text: str) -> str:
    """The text with escapes for characters that a terminal obeys or that reorder what it shows; line feeds and tabs stay."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class SafeStream:
    """A stream that writes `safe` texts; all else is that of the stream below it, `raw_stream`."""

    def __init__(self, stream: Any) -> None:
        self.raw_stream = stream

    def write(self, text: str) -> int:
        """Write a text; returns its length."""
        self.raw_stream.write(safe(spelled(text, self.raw_stream)))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw_stream, name)


def raw(stream: Any) -> Any:
    """The stream below a `SafeStream`, for what is written on purpose: data, progress bars, rich's colours."""
    return getattr(stream, "raw_stream", stream)


@contextmanager
def safe_output() -> Iterator[None]:
    """Whatever is printed within the block is safe, and can be encoded."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = ours = SafeStream(raw(sys.stdout)), SafeStream(raw(sys.stderr))
    handled = [(stream.raw_stream, stream.errors) for stream in ours if _lacks_characters(stream)]
    for stream, _ in handled:
        stream.reconfigure(errors=_ESCAPES)
    try:
        yield
    finally:
        for stream, errors in handled:
            with suppress(ValueError, OSError):  # closed, or its reader has exited
                stream.reconfigure(errors=errors)
        if (sys.stdout, sys.stderr) == ours:
            sys.stdout, sys.stderr = before


def _lacks_characters(stream: Any) -> bool:
    encoding = getattr(stream, "encoding", None)
    return hasattr(stream, "reconfigure") and encoding is not None and not encoding.lower().startswith("utf")


def print_in_signal_handler(text: str) -> None:
    """Print a line although a signal may have interrupted another print, whose buffer then refuses a second one."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):  # a stream of Python's own, such as a notebook's
        print(text, flush=True)
        return
    with suppress(OSError):  # its reader has exited
        os.write(descriptor, f"{safe(text)}\n".encode("ascii", errors="replace"))


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
            text = safe(spelled(segment.text, console.file))
            yield segment if segment.control else Segment(text, segment.style)
