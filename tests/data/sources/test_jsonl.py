"""JSON lines as pandas and Python's json write them, and what is no JSON."""

import json

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.data.sources.jsonl import Jsonl
from tunesmith.errors import UserError

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
RECORDS = st.dictionaries(TEXTS, VALUES | st.lists(VALUES, max_size=3) | st.dictionaries(TEXTS, VALUES, max_size=3))
SETTINGS = settings(max_examples=150, deadline=None, derandomize=True)


def read(file, encoding=None):
    source = Jsonl(train=None, validation=None, test=str(file), encoding=encoding)
    return list(source.rows("test"))


def write(tmp_path, content):
    (tmp_path / "a.jsonl").write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path / "a.jsonl"


@SETTINGS
@given(
    st.lists(RECORDS, max_size=5),
    st.booleans(),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
)
def test_what_pythons_json_writes(tmp_path_factory, records, ascii_only, end, encoding):
    text = "".join(json.dumps(record, ensure_ascii=ascii_only) + end for record in records)
    file = write(tmp_path_factory.mktemp("json"), text.encode(encoding))
    assert [record for _, record in read(file, encoding if encoding == "gb18030" else None)] == records


@SETTINGS
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_what_pandas_writes(tmp_path_factory, texts):
    file = tmp_path_factory.mktemp("pandas") / "a.jsonl"
    pandas.DataFrame({"text": texts, "n": range(len(texts))}).to_json(
        file, orient="records", lines=True, force_ascii=False
    )
    assert [record for _, record in read(file)] == [{"text": text, "n": n} for n, text in enumerate(texts)]


@SETTINGS
@given(st.binary(max_size=40))
def test_any_bytes_are_objects_or_one_message(tmp_path_factory, content):
    file = write(tmp_path_factory.mktemp("bytes"), b'{"text": "a"}\n' + content)
    try:
        read(file)
    except UserError as error:
        assert len(error.mistakes) == 1 and "a.jsonl, line " in str(error)


def test_lines_end_with_line_feeds_only(tmp_path):
    text = '{"text": "a\u2028b\x85c\u2029"}\n\n \r\n{"text": "d"}'
    assert read(write(tmp_path, text)) == [(1, {"text": "a\u2028b\x85c\u2029"}), (4, {"text": "d"})]


def test_a_very_long_line(tmp_path):
    record = {"text": "é" * 3_000_000}
    assert read(write(tmp_path, json.dumps(record, ensure_ascii=False) + '\n{"text": ""}\n'))[0] == (1, record)


@pytest.mark.parametrize(
    "content,message",
    [
        ('{"text": "a"}\n{"text": "a", "b": {"c": 1, "c": 2}}\n', 'line 2: the key "c" occurs twice in an object'),
        (
            '{"text": "a", "label": NaN}\n',
            "line 1: NaN is not in JSON; expected a finite number, a string or null",
        ),
        ('{"text": "a", "label": -Infinity}\n', "line 1: -Infinity"),
        (
            '{"text": "a"}\n{"text": -1e999}\n',
            'line 2: -1e999 is beyond the largest number; write it as text, "-1e999"',
        ),
        ('{"text": "a", "label": "b",}\n', "line 1: not JSON"),
        ('\n{"text": "\\ud83d\\u0061"}\n', r"line 2: \\ud83d is half of a surrogate pair"),
        ('{"a": 1, "c": 1, "c": 2}\n', 'line 1: the key "c" occurs twice in an object'),
        ('{"text": "\\uD83D"}\n', r"line 1: \\ud83d is half of a surrogate pair, without the other half"),
        ("\n  [\n", "a.jsonl, line 2: expected one JSON object per line, received an array"),
        ('[{"text": "a"}]\n', "a.jsonl, line 1: expected one JSON object per line, received an array; .* jq"),
        ('[\n  {"text": "a"}\n]\n', "line 1: expected one JSON object per line, received an array"),
        ('{\n"text": "a"\n}\n', "line 1: not JSON .*; expected one object per line"),
        ('{"text": "a"} {"text": "b"}\n', "line 1: not JSON"),
        ("3\n", "line 1: expected a JSON object, received int"),
        ('{"n": ' + "9" * 5000 + "}\n", "line 1: .*digits"),
        ('{"n": ' + "[" * 100_000 + "\n", "line 1: nested too deeply"),
        ('{"text": "a\0"}\n', "line 1: a character NUL"),
        (b'{"text": "caf\xe9"}\n', r"line 1: byte 14 \(0xe9\) is not UTF-8"),
    ],
)
def test_damage_has_one_message(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        read(write(tmp_path, content))


def test_both_halves_of_a_surrogate_pair_are_a_character(tmp_path):
    assert read(write(tmp_path, '{"text": "\\ud83d\\ude00 \\\\ud83d"}\n')) == [(1, {"text": "😀 \\ud83d"})]
