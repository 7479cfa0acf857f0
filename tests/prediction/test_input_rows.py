"""Inputs of predict: the same rows from files and from standard input, in any encoding."""

import io
import json
import sys

import pytest

from tests.conftest import write_csv
from tunesmith import cli
from tunesmith.errors import UserError
from tunesmith.prediction.input_rows import input_rows
from tunesmith.tasks.text_classification import TextClassification
from tunesmith.tasks.token_classification import TokenClassification

TASK = TextClassification(
    text="text",
    text_pair=None,
    label="label",
    problem="single_label",
    labels=["a", "b"],
    metrics=["accuracy"],
    average=None,
    max_length=8,
)


def pipe(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))


@pytest.mark.parametrize(
    "content,settings,expected",
    [
        ("café noir\n\nb".encode(), {}, ["café noir", "", "b"]),
        ("café noir\n".encode("latin-1"), {"encoding": "latin-1"}, ["café noir"]),
        ("\ufeffcafé\r\nnoir\r\n".encode(), {}, ["café", "noir"]),
        ("café\r\nnoir\r\n".encode("utf-16"), {}, ["café", "noir"]),
        ("café\rnoir\r".encode(), {}, ["café", "noir"]),
        ('\ufeff{"text": "great"}\n{"text": "dull"}\n'.encode(), {}, ["great", "dull"]),
        (b'\n \n{"text": "great"}\n', {}, ["great"]),
        (b"", {}, []),
    ],
)
def test_standard_input_is_read_as_a_file(monkeypatch, tmp_path, content, settings, expected):
    file = tmp_path / ("a.jsonl" if b"{" in content else "a.txt")
    file.write_bytes(content)
    pipe(monkeypatch, content)
    for name in ("-", str(file)):
        assert [row["text"] for row in input_rows(name, TASK, settings)] == expected


@pytest.mark.parametrize(
    "content,message",
    [
        (b"a\ncaf\xe9 noir\n", r"line 2: byte 4 \(0xe9\) is not UTF-8; set dataset.encoding .* 'café noir'"),
        (b'{"text": "a"}\nb\n', "line 2: not JSON"),
        (b'[{"text": "a"}]', "line 1: expected one JSON object per line, received an array"),
        (b"a\0b\n", "line 1: a character NUL"),
    ],
)
def test_damage_has_one_message(monkeypatch, tmp_path, content, message):
    file = tmp_path / ("a.jsonl" if content.startswith((b"{", b"[")) else "a.txt")
    file.write_bytes(content)
    pipe(monkeypatch, content)
    for name, shown in {"-": "standard input", str(file): file.name}.items():
        with pytest.raises(UserError, match=f"{shown}, {message}"):
            list(input_rows(name, TASK, {}))


def test_tables_by_the_settings(tmp_path, capsys):
    (tmp_path / "a.csv").write_bytes("text;label\ncafé;b\n".encode("cp1252"))
    settings = {"encoding": "cp1252", "delimiter": ";", "quoting": None}
    assert list(input_rows(str(tmp_path / "a.csv"), TASK, settings)) == [{"text": "café", "label": "b"}]
    with pytest.raises(UserError, match="has no text; it has text;label; is the delimiter ';'"):
        list(input_rows(str(tmp_path / "a.csv"), TASK, {"encoding": "cp1252"}))
    (tmp_path / "a.tsv").write_text('text\tlabel\n"a\tb\n')
    assert list(input_rows(str(tmp_path / "a.tsv"), TASK, {})) == [{"text": '"a', "label": "b"}]
    assert "Warning: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "content,settings,kind,expected",
    [
        (b'label,text\r\n1,"a, b\r\nc"\r\n2,d\r\n', {}, "CSV", ["a, b\r\nc", "d"]),
        (b"text\tlabel\na, b\t1\n", {}, "TSV", ["a, b"]),
        (b"text;label\na, b;1\n", {"delimiter": ";"}, "CSV", ["a, b"]),
        ("text,label\ncafé,1\n".encode("utf-16"), {}, "CSV", ["café"]),
        ("text,label\ncafé,1\n".encode("latin-1"), {"encoding": "latin-1"}, "CSV", ["café"]),
        (b"sep=;\ntext;label\na;1\n", {}, "CSV", ["a"]),
        (b"text\na\n\nb\n", {}, "CSV", ["a", "b"]),
        (b"a text,label\na,1\n", {}, "one text per line", ["a text,label", "a,1"]),  # no header of this model
        (b'"a", he said\n', {}, "one text per line", ['"a", he said']),
    ],
)
def test_a_table_on_standard_input_is_recognised_by_its_header(
    monkeypatch, tmp_path, capsys, content, settings, kind, expected
):
    """And read as the file is; else each line is a text. It is said which."""
    pipe(monkeypatch, content)
    assert [row["text"] for row in input_rows("-", TASK, settings)] == expected
    assert capsys.readouterr().err.startswith(f"standard input: {kind}, as its first line ")
    file = tmp_path / f"a.{'txt' if kind.startswith('one') else kind.lower()}"
    file.write_bytes(content)
    assert [row["text"] for row in input_rows(str(file), TASK, settings)] == expected


def test_damage_of_a_table_on_standard_input_has_one_message(monkeypatch):
    pipe(monkeypatch, b"text\na, b\n")
    with pytest.raises(UserError, match=r"^standard input, line 2: 2 cells, but the header has 1"):
        list(input_rows("-", TASK, {}))


def test_predict(tiny_run, tmp_path, monkeypatch, capsys):
    """The run is of generated data, which has no settings for files: its inputs have them."""
    words = ["predict", f"run={tiny_run.path}", "input=-", "output=-"]
    pipe(monkeypatch, b"caf\xe9 noir\n")
    assert cli.run(words) == 2
    assert "standard input, line 1: byte 4 (0xe9) is not UTF-8" in capsys.readouterr().err
    pipe(monkeypatch, b"caf\xe9 noir\n")
    assert cli.run([*words, "dataset.encoding=latin-1"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == "café noir"
    for setting in ("dataset.encoding=latn-1", "dataset.quoting=all"):
        pipe(monkeypatch, b"a\n")
        assert cli.run([*words, setting]) == 2
        assert setting.replace("=", " is '") in capsys.readouterr().err
    # The column of the label is kept, whatever its values are.
    file = write_csv(tmp_path / "in.csv", [("fine", "unknown"), ("dull", "")])
    assert cli.run(["predict", f"run={tiny_run.path}", f"input={file}", f"output={tmp_path}/out.csv"]) == 0
    header, first, _ = (tmp_path / "out.csv").read_text().splitlines()
    assert header == "text,label,prediction,probability_negative,probability_positive"
    assert first.startswith("fine,unknown,")
    assert cli.run(["predict", f"run={tiny_run.path}", f"input={file}", f"output={tmp_path}/out.xlsx"]) == 2
    assert "predictions are not written as .xlsx" in capsys.readouterr().err


RECORDS = '''
class Records:
    """Blocks of key: value lines, as in an .rec file."""

    def __init__(self, *, train: str | None):
        from pathlib import Path

        self.files = {"train": Path(train)} if train else {}

    def records(self, file):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            key, _, value = line.partition(": ")
            yield number, {key: {"a text": value}[value] if value == "odd" else value}
'''


def test_a_file_that_ends_as_those_of_a_source_of_ones_own_is_read_by_it(monkeypatch, tmp_path, capsys):
    (tmp_path / "records_of_mine.py").write_text(RECORDS)
    monkeypatch.delitem(sys.modules, "records_of_mine", raising=False)
    monkeypatch.setenv("TUNESMITH_PLUGINS", str(tmp_path / "records_of_mine.py"))
    dataset = {"source": "records_of_mine.Records", "train": "all.rec"}
    for ending, expected in ((".rec", "a: b"), (".REC", "a: b"), (".txt", "text: a: b"), (".md", "text: a: b")):
        (tmp_path / f"new{ending}").write_text("text: a: b\n")
        assert [row["text"] for row in input_rows(str(tmp_path / f"new{ending}"), TASK, dataset)] == [expected]
    assert "new.md: one text per line, as .md is no ending of a known format" in capsys.readouterr().err
    (tmp_path / "new.rec").write_text("text: odd\n")
    with pytest.raises(UserError, match=r"records_of_mine\.py, line 13, in records: KeyError: 'odd'"):
        list(input_rows(str(tmp_path / "new.rec"), TASK, dataset))
    capsys.readouterr()
    list(input_rows(str(tmp_path / "new.txt"), TASK, dataset))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("ending", [".txt", ".csv", ".jsonl", ".ndjson", ".conll"])
def test_also_if_other_runs_read_such_files_otherwise(ending, monkeypatch, tmp_path, capsys):
    """A text has to be what it was in training; a source may lower-case it or leave out a label in front of it."""
    (tmp_path / "records_of_mine.py").write_text(RECORDS)
    monkeypatch.delitem(sys.modules, "records_of_mine", raising=False)
    monkeypatch.setenv("TUNESMITH_PLUGINS", str(tmp_path / "records_of_mine.py"))
    dataset = {"source": "records_of_mine.Records", "train": f"all{ending}"}
    file = tmp_path / f"new{ending}"
    file.write_text("text: a\n")
    assert [row["text"] for row in input_rows(str(file), TASK, dataset)] == ["a"]
    assert capsys.readouterr().err == f"{file}: read by records_of_mine.Records, as the run's data\n"
    file.write_text("text: odd\n")
    other = ".jsonl" if ending == ".ndjson" else ".ndjson"
    with pytest.raises(UserError, match=f"KeyError: 'odd'; .*as JSON lines in a file that ends in {other}"):
        list(input_rows(str(file), TASK, dataset))
    (tmp_path / f"new{other}").write_text('{"text": "a"}\n')
    assert [row["text"] for row in input_rows(str(tmp_path / f"new{other}"), TASK, dataset)] == ["a"]


@pytest.mark.parametrize(
    "trained,column,given,expected",
    [
        ("train.conll", 0, "a.conllu", ["Anna", "sees"]),
        ("train.conllu", 1, "a.conll", ["Anna", "sees"]),
        ("train.conll", 1, "b.conll", ["Anna", "sees"]),
        ("train.conllu", 1, "a.conllu", ["Anna", "sees"]),
        ("train.txt", 1, "b.conll", ["Anna", "sees"]),
    ],
)
def test_words_of_a_file_of_another_kind_than_the_runs(tmp_path, trained, column, given, expected):
    contents = {"a.conllu": "1\tAnna\tanna\tPROPN\n2\tsees\tsee\tVERB\n", "a.conll": "Anna\tB-PER\nsees\tO\n"}
    contents["b.conll"] = "x\tAnna\ny\tsees\n"
    (tmp_path / given).write_text(contents[given] + "\n")
    dataset = {"train": trained, "validation": None, "test": None, "token_column": column, "source": "conll"}
    task = TokenClassification(
        tokens="tokens", tags="tags", text=None, spans=None, offsets=None, entities=True, scheme=None, suffix=False, strict=False,
        labels=["O"], metrics=["f1"], max_length=8, stride=0,
    )  # fmt: skip
    rows = list(input_rows(str(tmp_path / given), task, dataset))
    assert [row["tokens"] for row in rows] == [expected]
