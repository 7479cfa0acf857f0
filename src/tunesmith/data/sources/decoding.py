"""The bytes of a user's file, or of standard input, as text: byte-order marks, encodings, line ends.

A byte-order mark decides the encoding; else the setting `dataset.encoding` does; else the text has to be UTF-8. What is
not text is refused with file, line and byte, never replaced.
"""

import codecs
import encodings
import io
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO

from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

CHUNK = 1 << 16  # bytes that are decoded at once
LONGEST_LINE = 1 << 27  # bytes; a corpus such as text8 is one line of 100 MB
LONGEST_RECORD = 1 << 25  # bytes of a row of a table or a line of JSON, of which a parser makes several copies
LONGEST_DOCUMENT = 1 << 28  # bytes of a file that is read as a whole
# The mark of UTF-32-LE begins with that of UTF-16-LE, so it comes first.
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_NOT_TEXT = {
    b"PK\x03\x04": "a ZIP archive or a workbook",
    b"\xd0\xcf\x11\xe0": "a workbook",
    b"\x1f\x8b": "compressed by gzip",
    b"\xfd7zXZ": "compressed by xz",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"%PDF": "a PDF document",
}
_ESCAPES = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}  # codecs of Python, of no file


def lines(file: Path | None, *, encoding: str | None = None) -> Iterator[str]:
    """Lines with their line ends, of a file or (None) of standard input.

    Lines end with a line feed. Old Macintosh files, which have carriage returns and no line feed in their first 64 KiB,
    end them with carriage returns, which become line feeds.

    Args:
        file: the file to read; None for standard input.
        encoding: a codec such as cp1252 for text without a byte-order mark; None for UTF-8.

    Raises:
        UserError: where the text cannot be decoded, with file, line and byte, and for an unknown encoding.
    """
    text = chunks(file, encoding=encoding)
    first = next(text)
    text = chain([first], text)
    return split(_translated(text) if _is_macintosh(first) else text, "\n", name=shown(file))


def chunks(file: Path | None, *, encoding: str | None) -> Iterator[str]:
    """Likewise, the text as it is, in parts of up to 64 KiB; the first one is empty if there is no text."""
    with _opened(file) as stream:
        raw = stream.read(CHUNK)
        head = raw
        codec, mark = _codec(raw, encoding, shown(file))
        decoder = codecs.getincrementaldecoder(codec)()
        raw = raw[mark:]
        line, before, end = 1, 0, ""  # the line's number, its bytes so far, and what ends a line
        while True:
            try:
                text = decoder.decode(raw, final=not raw)
                text.encode("utf-8")  # no half of a surrogate pair, which some codecs let through
            except UnicodeDecodeError as error:
                good = error.object[: error.start].decode(codec, "ignore")
                end = end or ("\r" if _is_macintosh(good) else "\n")
                line, before = _position(good, end, codec, line, before)
                byte = error.object[error.start]
                message = _undecodable(shown(file), line, before, byte, error, codec)
                raise UserError(_not_text(shown(file), head) or message) from error
            except UnicodeError as error:
                raise UserError(f"{shown(file)}, line {line} or later: not text in {codec} ({error})") from error
            if "\0" in text:
                line, _ = _position(text.partition("\0")[0], end or "\n", codec, line, before)
                raise UserError(_not_text(shown(file), head) or _null(shown(file), line, raw, encoding))
            yield text
            if not raw:
                return
            end = end or ("\r" if _is_macintosh(text) else "\n" if text else "")
            line, before = _position(text, end or "\n", codec, line, before)
            raw = stream.read(CHUNK)


def split(chunks: Iterator[str], end: str, *, name: str, longest: int = LONGEST_LINE) -> Iterator[str]:
    """Lines, each with its `end`; the last one may lack it.

    Args:
        chunks: of a text.
        end: the character that ends a line.
        name: of the text, for messages.
        longest: bytes of memory that a line may take.

    Raises:
        UserError: for a longer line.
    """
    parts: list[str] = []  # of a line that is longer than a chunk
    size, number = 0, 1  # bytes of these, and the line's number
    for chunk in chunks:
        first, *others = chunk.split(end)
        parts.append(first)
        size += len(first) if first.isascii() else 4 * len(first)
        if size > longest:
            raise UserError(f"{name}, line {number}: more than {longest:,} bytes in one line; expected shorter lines")
        if others:
            yield "".join(parts) + end
            parts = [others.pop()]
            size, number = len(parts[0]), number + len(others) + 1
            for line in others:
                yield line + end
    if rest := "".join(parts):
        yield rest


def is_macintosh(file: Path, *, encoding: str | None) -> bool:
    """Whether carriage returns end the lines of a file."""
    return _is_macintosh(next(chunks(file, encoding=encoding)))


def shown(file: Path | None) -> str:
    """The name of a file in messages."""
    return "standard input" if file is None else str(file)


def _is_macintosh(text: str) -> bool:
    return "\r" in text and "\n" not in text and not (text.endswith("\r") and text.count("\r") == 1)


def _translated(text: Iterator[str]) -> Iterator[str]:
    decoder = io.IncrementalNewlineDecoder(None, translate=True)
    yield from (decoder.decode(chunk) for chunk in text)
    yield decoder.decode("", final=True)


@contextmanager
def _opened(file: Path | None) -> Iterator[IO[bytes]]:
    if file is None:
        yield sys.stdin.buffer
        return
    try:
        stream = file.open("rb")
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from error
    with stream:
        yield stream


def _codec(raw: bytes, encoding: str | None, name: str) -> tuple[str, int]:
    """The codec of a text that begins with these bytes, and the length of its byte-order mark."""
    codec = "utf-8" if encoding is None else _known(encoding)
    for mark, marked in _MARKS.items():
        if raw.startswith(mark):
            return marked, len(mark)
    if codec in ("utf-16", "utf-32"):
        order = "be" if raw.startswith(b"\0") else "le"
        raise UserError(
            f"{name} has no byte-order mark, so dataset.encoding={encoding} does not say the order of its bytes; "
            f"set dataset.encoding={codec}-{order}"
        )
    return codec, 0


def _known(encoding: str) -> str:
    """The codec's own name.

    Raises:
        UserError: if there is no such encoding of text.
    """
    try:
        codec = codecs.lookup(encoding).name
        codecs.getincrementaldecoder(encoding)
        " ".encode(encoding)  # refuses codecs that are none of text
        if codec not in _ESCAPES:
            return "utf-8" if codec == "utf-8-sig" else codec
    except (LookupError, ValueError):
        pass
    known = {module.name for module in pkgutil.iter_modules(encodings.__path__)} | set(encodings.aliases.aliases)
    similar = did_you_mean(encoding.lower().replace("-", "_"), sorted(known - {"aliases"}))
    raise UserError(
        f"dataset.encoding is {encoding!r}; expected the name of an encoding, such as cp1252, latin-1, utf-16-le or "
        f"gb18030{similar}"
    )


def _position(text: str, end: str, codec: str, line: int, before: int) -> tuple[int, int]:
    """The line after some text, and how many of its bytes have been read."""
    count, rest = text.count(end), text.rpartition(end)[2]
    return line + count, len(rest.encode(codec, "replace")) + (0 if count else before)


def _not_text(name: str, head: bytes) -> str:
    kinds = [kind for magic, kind in _NOT_TEXT.items() if head.startswith(magic)]
    return f"{name} is {kinds[0]}; expected a text file" if kinds else ""


def _undecodable(name: str, line: int, before: int, byte: int, error: UnicodeDecodeError, codec: str) -> str:
    expected = {"utf-8": "UTF-8"}.get(codec, codec)
    around = error.object[max(error.start - 20, 0) : error.start + 20].replace(b"\r", b"\n")
    past = around[: min(error.start, 20)].rpartition(b"\n")[2] + around[min(error.start, 20) :].partition(b"\n")[0]
    remedy = "set dataset.encoding to the encoding that the file was written in"
    if codec == "utf-8":
        remedy += f", such as dataset.encoding=cp1252, which would read {past.decode('cp1252', 'replace')!r} here"
    return f"{name}, line {line}: byte {before + 1} (0x{byte:02x}) is not {expected}; {remedy}"


def _null(name: str, line: int, raw: bytes, encoding: str | None) -> str:
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    if encoding is None and max(even, odd) > len(raw) // 8:  # Latin letters in two bytes
        order = "le" if odd > even else "be"
        return (
            f"{name}, line {line}: a character NUL; the file seems to be UTF-16 without a byte-order mark: "
            f"set dataset.encoding=utf-16-{order}"
        )
    return f"{name}, line {line}: a character NUL, which is not text; remove it"
