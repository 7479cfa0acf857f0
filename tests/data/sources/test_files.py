"""A user's own files: splits, rows held out, fingerprints of content and of how it is read, messages."""

import hashlib
import json

import pytest

from tunesmith.data.sources.conll import Conll
from tunesmith.data.sources.csv import Csv
from tunesmith.data.sources.files import Files, digest, hold_out, missing_file, reading
from tunesmith.data.sources.jsonl import Jsonl
from tunesmith.data.sources.sentences import Sentences
from tunesmith.data.sources.squad_json import SquadJson
from tunesmith.errors import UserError


class Lines(Files):
    """A line is a row with the columns `text` and `label`."""

    def columns(self, file):
        return ["text", "label"] if file.stat().st_size else []

    def records(self, file):
        return ((number, {"text": text}) for number, text in enumerate(file.read_text().splitlines(), start=1))


def source(train=None, validation=None, test=None, encoding=None):
    return Lines(train=train, validation=validation, test=test, encoding=encoding)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "a.txt").write_text("".join(f"{number}\n" for number in range(25)))
    return str(tmp_path / "a.txt")


def texts(opened, split):
    return [int(record["text"]) for _, record in opened.rows(split)]


def test_every_tenth_training_row_is_held_out_without_a_validation_file(file):
    opened = source(train=file, test=file)
    assert opened.splits == ("train", "validation", "test") and opened.holds_out
    assert texts(opened, "validation") == [9, 19]
    assert texts(opened, "train") == [number for number in range(25) if number not in (9, 19)]
    assert texts(opened, "test") == list(range(25))
    assert [row for row, _ in opened.rows("validation")] == [10, 20]  # their lines
    assert list(hold_out(iter("ab"), "extra")) == ["a", "b"]


def test_with_a_validation_file_nothing_is_held_out(file):
    opened = source(train=file, validation=file)
    assert opened.splits == ("train", "validation") and not opened.holds_out
    assert texts(opened, "train") == texts(opened, "validation") == list(range(25))
    assert source(validation=file).splits == ("validation",) and source(test=file).splits == ("test",)


def test_fingerprints_are_of_content(file, tmp_path):
    whole, held = source(train=file, validation=file), source(train=file)
    bytes_ = hashlib.blake2b((tmp_path / "a.txt").read_bytes(), digest_size=16).hexdigest()
    assert digest(tmp_path / "a.txt") == bytes_ and len(bytes_) == 32
    assert whole.fingerprint("train") == whole.fingerprint("validation") == f"{bytes_}-all"
    assert [held.fingerprint(split) for split in held.splits] == [f"{bytes_}-train", f"{bytes_}-validation"]
    (tmp_path / "b.txt").write_bytes((tmp_path / "a.txt").read_bytes())
    assert source(train=str(tmp_path / "b.txt")).fingerprint("train") == held.fingerprint("train")
    assert source(train=file, encoding="cp1252").fingerprint("train") == f"{bytes_}-train-encoding=cp1252"
    (tmp_path / "old.txt").write_bytes(b"a\rb\r")
    assert reading(tmp_path / "old.txt", encoding=None) == "-macintosh"
    assert reading(tmp_path / "old.txt", encoding="cp1252") == "-encoding=cp1252-macintosh"
    assert reading(tmp_path / "a.txt", encoding=None) == ""
    assert source(test=str(tmp_path / "old.txt")).fingerprint("test").endswith("-all-macintosh")


def test_a_folder_of_the_user_may_be_named_by_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.txt").write_text("1\n")
    opened = source(test="~/a.txt")
    assert texts(opened, "test") == [1] and opened.where("test", 3) == f"{tmp_path}/a.txt, line 3"
    assert opened.suggestion(["text"]) == ""


def test_every_mistake_is_a_sentence(file, tmp_path):
    (tmp_path / "empty.txt").write_text("")
    opened = source(train=file, validation=str(tmp_path / "b.txt"), test=str(tmp_path / "empty.txt"))
    assert opened.mistakes(["text", "lable", "x"]) == [
        f"{file} has no column lable; its columns are text, label; did you mean label?",
        f"{file} has no column x; its columns are text, label",
        f"dataset.validation={tmp_path}/b.txt is not a file; did you mean a.txt?",
        f"{tmp_path}/empty.txt is empty; expected text, lable, x and at least one row",
    ]
    assert source(train=file).mistakes(["text", "label"]) == []
    assert missing_file("dataset.test", tmp_path / "no" / "a.txt") == f"dataset.test={tmp_path}/no/a.txt is not a file"
    assert opened.where("train", 7) == f"{file}, line 7"


def squad(word):
    question = {"id": "1", "question": word, "answers": []}
    return json.dumps({"data": [{"paragraphs": [{"context": word, "qas": [question]}]}]}, ensure_ascii=False)


NAMES = {"text": "text", "first": "first", "second": "second", "score": "score", "more": {}}
FORMATS = {  # the ending of a file, the class, its own settings, a file with one row, and its columns
    "csv": ("csv", Csv, {"delimiter": None, "quoting": None}, "text,label\n{}é,a\n".format, ["text", "label"]),
    "jsonl": ("jsonl", Jsonl, {}, '{{"text": "{}é"}}\n'.format, ["text"]),
    "conll": ("conll", Conll, {"token_column": 0, "tag_column": -1}, "{}é O\n".format, ["tokens", "tags"]),
    "squad": ("json", SquadJson, {}, lambda word: squad(f"{word}é"), ["id", "question", "context", "answers"]),
    "sentences": ("txt", Sentences, {"delimiter": None, "quoting": None, **NAMES}, "{}é\n".format, ["text"]),
    "tables of sentences": (
        "csv",
        Sentences,
        {"delimiter": ";", "quoting": "none", **NAMES},
        "text;x\n{}é;1\n".format,
        ["text", "x"],
    ),
    "objects of sentences": (
        "ndjson",
        Sentences,
        {"delimiter": None, "quoting": None, **NAMES},
        '{{"text": "{}é"}}\n'.format,
        ["text"],
    ),
}


@pytest.mark.parametrize("form", FORMATS)
def test_each_split_is_its_own_file_in_the_given_encoding(tmp_path, form):
    kind, source_class, options, content, columns = FORMATS[form]
    names = {split: str(tmp_path / f"{split}.{kind}") for split in ("train", "validation", "test")}
    for split in names:
        (tmp_path / f"{split}.{kind}").write_text(content(split), encoding="latin-1")
    opened = source_class(**names, encoding="latin-1", **options)
    assert opened.splits == ("train", "validation", "test") and opened.mistakes(columns) == []
    for split in names:
        ((row, record),) = opened.rows(split)
        assert f"{split}é" in str(record) and list(record) == list(opened.columns(opened.files[split])) == columns
        assert f"{split}.{kind}, " in opened.where(split, row)
        assert "-all-encoding=latin-1" in opened.fingerprint(split)
    assert len({opened.fingerprint(split) for split in names}) == 3
    with pytest.raises(UserError, match="is not UTF-8"):
        list(source_class(**names, encoding=None, **options).rows("train"))
    (tmp_path / f"test.{kind}").write_text('{"data": []}' if kind == "json" else "")
    assert list(opened.columns(tmp_path / f"test.{kind}")) == [] and "is empty; expected" in opened.mistakes(columns)[0]
    (tmp_path / f"test.{kind}").write_bytes((content("a") * 2).replace("\n", "\r").encode("latin-1"))
    if kind in ("csv", "conll", "txt"):
        assert "-encoding=latin-1-macintosh" in opened.fingerprint("test")
    (tmp_path / f"test.{kind}").unlink()
    assert opened.mistakes(columns)[0].startswith(f"dataset.test={names['test']} is not a file")


@pytest.mark.parametrize(
    "method,gives", [("columns", "the names of the columns"), ("records", r"\(line number, {column")]
)
def test_a_source_without_a_method_is_told_which(method, gives, tmp_path):
    (tmp_path / "a.txt").write_text("one\n")
    source = Files(train=str(tmp_path / "a.txt"), validation=None, test=None, encoding=None)
    with pytest.raises(UserError, match=rf"Files has no method {method}\(self, file\), which gives {gives}"):
        getattr(source, method)(tmp_path / "a.txt")
