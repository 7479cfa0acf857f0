"""Plain text files, folders and glob patterns, with the irregularities of real ones."""

import hashlib

import pytest

from tunesmith.data.sources.text import Text
from tunesmith.errors import UserError


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.txt").write_text("one\n\n  two  \nthree\n", encoding="utf-8")
    (tmp_path / "a.txt").write_bytes("\ufeff\r\n \r\nvier\r\nfünf\r\n\r\n\r\nsechs".encode())
    (tmp_path / "deep" / "c.txt").write_text("seven\n")
    (tmp_path / "notes.md").write_text("eight\n")
    return tmp_path


def source(train, *, validation=None, test=None, example="line"):
    return Text(train=train, validation=validation, test=test, encoding=None, example=example)


def texts(opened, split="train"):
    return [record["text"] for _, record in opened.rows(split)]


@pytest.mark.parametrize(
    "example,expected",
    [
        ("line", ["vier", "fünf", "sechs", "one", "  two  ", "three"]),
        ("paragraph", ["vier\nfünf", "sechs", "one", "  two  \nthree"]),
        ("file", ["vier\nfünf\n\n\nsechs", "one\n\n  two  \nthree"]),
    ],
)
def test_kinds_of_examples(corpus, example, expected):
    assert texts(source([str(corpus / "a.txt"), str(corpus / "b.txt")], example=example)) == expected


@pytest.mark.parametrize(
    "names,expected",
    [
        (["."], ["vier", "fünf", "sechs", "one", "  two  ", "three", "seven"]),
        (["*.txt"], ["vier", "fünf", "sechs", "one", "  two  ", "three"]),
        (["**/*.md", "deep"], ["eight", "seven"]),
        (["b.txt", "notes.md"], ["one", "  two  ", "three", "eight"]),
    ],
)
def test_files_folders_and_patterns_in_a_fixed_order(corpus, names, expected):
    opened = source(None, test=[str(corpus / name) for name in names])
    assert opened.mistakes(["text"]) == [] and texts(opened, "test") == expected


def test_a_file_whose_name_looks_like_a_pattern(tmp_path):
    (tmp_path / "part[1].txt").write_text("here\n")
    assert texts(source(str(tmp_path / "part[1].txt"))) == ["here"]


def test_locations_name_file_and_line(corpus):
    opened = source(str(corpus), example="paragraph")
    assert [opened.where("train", row).removeprefix(str(corpus)) for row, _ in opened.rows("train")] == [
        "/a.txt, line 3",
        "/a.txt, line 7",
        "/b.txt, line 1",
        "/b.txt, line 3",
        "/deep/c.txt, line 1",
    ]


def test_every_tenth_example_is_held_out_without_a_validation_split(tmp_path):
    for part in (0, 1):  # the count continues across files
        (tmp_path / f"{part}.txt").write_text("".join(f"{number}\n" for number in range(part * 15, part * 15 + 15)))
    opened = source(str(tmp_path), test=str(tmp_path / "0.txt"))
    assert opened.splits == ("train", "validation", "test")
    assert texts(opened, "validation") == ["9", "19", "29"]
    assert texts(opened) == [str(number) for number in range(30) if number % 10 != 9]
    assert texts(opened, "test") == [str(number) for number in range(15)]
    assert opened.fingerprint("train") != opened.fingerprint("validation")


def test_a_run_may_be_evaluated_without_training_text(corpus):
    assert source(None, validation=str(corpus / "b.txt")).splits == ("validation",)


def test_the_fingerprint_depends_on_contents_order_and_kind_of_example(corpus):
    a, b = str(corpus / "a.txt"), str(corpus / "b.txt")
    before = source([a, b]).fingerprint("train")
    assert before == source([a, b]).fingerprint("train")
    assert before != source([b, a]).fingerprint("train")
    assert before != source([a, b], example="paragraph").fingerprint("train")
    (corpus / "b.txt").write_text("one\n\n  two  \nthree !\n")
    assert before != source([a, b]).fingerprint("train")


def test_every_mistake_is_reported(corpus):
    (corpus / "empty.txt").write_text("\n \n")
    (corpus / "none").mkdir()
    names = ["notes.txt", "*.text", "none", "empty.txt"]
    found = source([str(corpus / name) for name in names], validation=[]).mistakes(["text", "txt"])
    expected = [
        "text files have no column txt; their only column is text; did you mean text?",
        f"dataset.train={corpus}/notes.txt is not a file; did you mean notes.md?",
        f"dataset.train={corpus}/*.text matches no file",
        f"dataset.train={corpus}/none is a folder without .txt files",
        f"{corpus}/empty.txt is empty; expected text",
        "dataset.validation is an empty list",
    ]
    assert len(found) == len(expected)
    assert all(message.startswith(start) for message, start in zip(found, expected, strict=True))


def test_a_training_file_cannot_be_evaluated_on(corpus):
    found = source(str(corpus), validation=str(corpus / "b.txt")).mistakes(["text"])
    assert found == [
        f"{corpus}/b.txt is read for dataset.validation and for dataset.train; exclude it from dataset.train"
    ]
    assert source(str(corpus), validation=str(corpus)).mistakes(["text"]) == []  # identical splits are intentional


def test_a_byte_that_is_not_utf8(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"good\nf\xfcnf\n")
    with pytest.raises(UserError, match=r"a.txt, line 2: byte 2 \(0xfc\) is not UTF-8"):
        texts(source(str(tmp_path)))


def test_splits_are_those_that_are_named(corpus):
    a, b = str(corpus / "a.txt"), str(corpus / "b.txt")
    assert source(a).splits == ("train", "validation") and source(None, test=b).splits == ("test",)
    opened = source(a, validation=b, test=b)
    assert opened.splits == ("train", "validation", "test") and texts(opened) == ["vier", "fünf", "sechs"]
    names = [f"{number}.md" for number in range(11)]
    for name in names:
        (corpus / name).write_text("x\n")
    many = [str(corpus / name) for name in names]
    assert len(texts(source(many, validation=a))) == 11 and len(texts(source(many))) == 10  # the tenth is held out


def test_a_fingerprint_is_that_of_the_files_one_after_another(corpus):
    a, b = corpus / "a.txt", corpus / "b.txt"
    digests = [hashlib.blake2b(file.read_bytes(), digest_size=16).hexdigest() for file in (a, b)]
    whole = hashlib.blake2b(" ".join(digests).encode(), digest_size=16).hexdigest()
    names = [str(a), str(b)]
    assert source(names).fingerprint("train") == f"{whole}-line-train"
    assert source(names, validation=names, example="file").fingerprint("validation") == f"{whole}-file-all"
    assert source(names, test=[str(b)]).fingerprint("test").partition("-")[0] != whole
    b.write_bytes(b"one\rtwo\r")
    named = f"{hashlib.blake2b(b.read_bytes(), digest_size=16).hexdigest()}-macintosh"  # whose lines end otherwise
    whole = hashlib.blake2b(named.encode(), digest_size=16).hexdigest()
    assert source(str(b)).fingerprint("train") == f"{whole}-line-train"


def test_the_encoding_is_that_of_the_setting(tmp_path):
    (tmp_path / "a.txt").write_bytes("café\n".encode("latin-1"))
    named = {"train": None, "validation": None, "test": str(tmp_path / "a.txt"), "example": "line"}
    latin, cyrillic = (Text(**named, encoding=encoding) for encoding in ("latin-1", "cp1251"))
    assert (texts(latin, "test"), texts(cyrillic, "test")) == (["café"], ["cafй"])
    assert latin.fingerprint("test") != cyrillic.fingerprint("test")


def test_a_whole_file_lacks_outer_blanks_only(tmp_path):
    (tmp_path / "a.txt").write_text("\n  Plan X\n\n B X \n \n")
    opened = source(None, test=str(tmp_path / "a.txt"), example="file")
    assert list(opened.rows("test")) == [((str(tmp_path / "a.txt"), 2), {"text": "Plan X\n\n B X"})]
