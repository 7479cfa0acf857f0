"""Text in every encoding that Python knows, against Python's own decoding of the whole file."""

import codecs
import encodings.aliases
import io
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.sources.test_text import source, texts
from tunesmith.data.sources.decoding import CHUNK, chunks, lines
from tunesmith.errors import UserError


def is_charset(name):
    try:
        return " a\n".encode(name).decode(name) == " a\n"
    except (LookupError, UnicodeError):
        return False


CHARSETS = sorted(name for name in set(encodings.aliases.aliases.values()) if is_charset(name))
UTF = ("utf_8", "utf_16", "utf_32")
SAMPLE = "a\n \ré ё ß\n日本語 中文 한국어\r\n😀 नमस्ते\nlast"


@pytest.mark.parametrize("name", CHARSETS)
def test_every_encoding(tmp_path, name):
    file = tmp_path / "a.txt"
    text = SAMPLE.encode(name, "ignore").decode(name) * 2_000  # what the encoding has, in several chunks
    file.write_bytes(text.encode(name))
    assert file.stat().st_size > CHUNK // 2
    found = list(lines(file, encoding=None if name in UTF else name))
    assert found == list(io.StringIO(text, newline="\n"))  # ends at line feeds only


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.binary(max_size=30), st.sampled_from([*UTF, "utf_16_le", "cp1252", "gbk", "shift_jis", "iso2022_jp", "utf_7"])
)
def test_bytes_are_the_text_that_python_reads_or_one_message(tmp_path_factory, content, name):
    file = tmp_path_factory.mktemp("bytes") / "a.txt"
    file.write_bytes(content)
    try:
        found = "".join(chunks(file, encoding=name))
    except UserError as error:
        assert len(error.mistakes) == 1 and "a.txt" in str(error)
        return
    marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    read = next((codec for mark, codec in marks.items() if content.startswith(mark)), name)
    assert found == content.decode(read) and "\0" not in found


@pytest.mark.parametrize(
    "content,expected",
    [
        (b"a\rb\r", ["a\n", "b\n"]),
        (b"a\rb\r" * CHUNK, ["a\n", "b\n"] * CHUNK),
        (b"a\r\nb\rc\r\n", ["a\r\n", "b\rc\r\n"]),
        (b"a\r", ["a\r"]),
        (b"\xff\xfe", []),
        (b"", []),
    ],
)
def test_line_ends(tmp_path, content, expected):
    (tmp_path / "a.txt").write_bytes(content)
    assert list(lines(tmp_path / "a.txt")) == expected


def test_a_byte_order_mark_decides(tmp_path):
    (tmp_path / "a.txt").write_bytes("é".encode("utf-16"))
    assert list(lines(tmp_path / "a.txt", encoding="latin-1")) == ["é"]


def test_texts_and_their_fingerprints(tmp_path):
    (tmp_path / "a.txt").write_bytes("café\nnoir\n".encode("latin-1"))
    options = {"train": str(tmp_path / "a.txt"), "validation": None, "test": None, "example": "line"}
    from tunesmith.data.sources.text import Text

    latin, cyrillic = (Text(**options, encoding=name) for name in ("latin-1", "cp1251"))
    assert texts(latin) == ["café", "noir"] and texts(cyrillic) == ["cafй", "noir"]
    assert latin.fingerprint("train") != cyrillic.fingerprint("train")
    (tmp_path / "a.txt").write_bytes(b"a\rb\r")
    assert texts(source(str(tmp_path / "a.txt"))) == ["a", "b"]


def refused(tmp_path, content, encoding=None):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(UserError) as caught:
        list(lines(tmp_path / "a.txt", encoding=encoding))
    return str(caught.value).removeprefix(f"{tmp_path}/")


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("count", [2, CHUNK])
def test_damage_is_named_by_line_and_byte_in_any_chunk(tmp_path, end, count):
    content = (b"ab" + end) * count + b"cd\xff"
    assert refused(tmp_path, content).startswith(f"a.txt, line {count + 1}: byte 3 (0xff) is not UTF-8; ")


def test_what_surrounds_damage_is_shown_on_its_line(tmp_path):
    digits = b"0123456789" * 3
    assert f"would read '{digits[-20:].decode()}é{digits[:19].decode()}' here" in refused(
        tmp_path, digits + b"\xe9" + digits
    )
    for end in (b"\n", b"\r", b"\r\n"):
        assert "would read 'twoéx' here" in refused(tmp_path, end.join([b"one", b"two\xe9x", b"three", b"four"]))
    assert "would read 'é' here" in refused(tmp_path, b"\xe9")
    assert refused(tmp_path, b"a\xe9").startswith("a.txt, line 1: byte 2 (0xe9)")


def test_standard_input_is_named(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a\n\xff")))
    with pytest.raises(UserError, match=r"^standard input, line 2: byte 1 \(0xff\) is not UTF-8"):
        list(lines(None))


@pytest.mark.parametrize("name", ["utf-16", "utf-32"])
@pytest.mark.parametrize("order", ["le", "be"])
def test_the_order_of_bytes_is_suggested(tmp_path, name, order):
    content = "text\n".encode(f"{name}-{order}")
    assert refused(tmp_path, content, name).endswith(f"; set dataset.encoding={name}-{order}")
    assert list(lines(tmp_path / "a.txt", encoding=f"{name}-{order}")) == ["text\n"]


def test_a_mark_may_be_missing_where_the_setting_has_one(tmp_path):
    (tmp_path / "a.txt").write_bytes("é\n".encode())
    assert list(lines(tmp_path / "a.txt", encoding="utf-8-sig")) == ["é\n"]
    assert " is not UTF-8; " in refused(tmp_path, b"\xff\n", "utf-8-sig")
