"""Sentences, pairs and scored pairs in the formats of real files."""

import json
import os
from pathlib import Path

import pytest

from tunesmith.data.sources.sentences import Sentences
from tunesmith.errors import UserError

STS = (
    "main-news\tMSRpar\t2012test\t0001\t5.000\tHe said \"stop.\tHe said 'stop'.\n"
    "main-captions\timages\t2014\t0002\t0\tA dog , barks\tA cat\tlicence\tmore\n\n"
)
PAIRS = [
    {"first": 'He said "stop.', "second": "He said 'stop'.", "score": "5.000"},
    {"first": "A dog , barks", "second": "A cat", "score": "0"},
]


def source(tmp_path, *, more=None, **files):
    for name, text in files.items():
        (tmp_path / name.replace("_", ".")).write_text(text, encoding="utf-8")
    names = {"train": None, "validation": None, "test": None}
    for split, name in zip(names, [file.replace("_", ".") for file in files], strict=False):
        names[split] = str(tmp_path / name)
    columns = {"text": "text", "first": "first", "second": "second", "score": "score"}
    columns |= dict.fromkeys(("encoding", "delimiter", "quoting"))
    return Sentences(**names, more=more or {}, **columns)


def rows(found, split):
    return [record for _, record in found.rows(split)]


def test_one_sentence_per_line_and_files_of_the_sts_benchmark(tmp_path):
    found = source(tmp_path, a_txt='one "sentence\r\n\n  \nanother\tone\n', b_csv=STS)
    assert found.mistakes(["text"]) == []
    assert list(found.rows("train")) == [(1, {"text": 'one "sentence'}), (4, {"text": "another\tone"})]
    assert rows(found, "validation") == PAIRS


def test_the_same_pairs_from_csv_tsv_and_json_lines(tmp_path):
    cells = [list(row.values()) for row in PAIRS]
    quoted = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in cells)
    tabs = "".join("\t".join(row) + "\n" for row in cells)
    objects = "".join(json.dumps(row) + "\n" for row in PAIRS)
    for name, text in {
        "v_csv": "first,second,score\n" + quoted,
        "v_tsv": "first\tsecond\tscore\n" + tabs,
        "v_jsonl": objects,
    }.items():
        found = source(tmp_path, t_txt="a\nb\n", **{name: text})
        assert found.mistakes(["text"]) == [] and rows(found, "validation") == PAIRS


def test_a_header_in_the_sts_format_is_a_header(tmp_path):
    header = "genre\tfile\tyear\tid\tscore\tfirst\tsecond\n"
    found = source(tmp_path, t_txt="a\nb\n", v_tsv=header + STS.splitlines()[1].split("\tlicence")[0] + "\n")
    assert rows(found, "validation")[0]["first"] == "A dog , barks"


def test_a_tenth_is_held_out_and_further_test_sets_are_complete(tmp_path):
    (tmp_path / "sts12.tsv").write_text("first\tsecond\tscore\n" + "a\tb\t1\n" * 25)
    found = source(tmp_path, t_txt="".join(f"{n}\n" for n in range(30)), more={"sts12": str(tmp_path / "sts12.tsv")})
    assert found.splits == ("train", "validation", "sts12") and found.mistakes(["text"]) == []
    assert [len(rows(found, split)) for split in found.splits] == [27, 3, 25]
    assert found.where("sts12", 3).endswith("sts12.tsv, line 3")


@pytest.mark.parametrize(
    "text,expected",
    [
        ("first\tscore\na\t1\n", "v.tsv has no column second; its columns are first, score"),
        ("texts\na\n", "v.tsv has no column text; its columns are texts; did you mean texts?"),
        ("", "v.tsv is empty; expected text and at least one row"),
    ],
)
def test_wrong_columns(text, expected, tmp_path):
    assert expected in source(tmp_path, t_txt="a\n", v_tsv=text).mistakes(["text"])[0]


def test_wrong_names_of_further_test_sets(tmp_path):
    for name in ("test", "sts 12", "a/b"):
        found = source(tmp_path, t_txt="a\n", more={name: str(tmp_path / "t.txt")})
        assert f"dataset.more.{name}: the name is reserved or invalid" in found.mistakes(["text"])[0]
    missing = source(tmp_path, t_txt="a\n", more={"sts12": str(tmp_path / "u.txt")}).mistakes(["text"])
    assert missing == [f"dataset.more.sts12={tmp_path / 'u.txt'} is not a file; did you mean t.txt?"]


def test_a_file_of_the_sts_benchmark_line_by_line(tmp_path):
    text = "main news\tMSR par\t2012 test\t0001\t3.2\ta b\tPlan X\r\n\ng\tf\ng\tf\ty\t1\t4\tc\td\u00a0\n"
    found = source(tmp_path, t_txt="a\n", v_txt=text)
    assert list(found.rows("validation")) == [
        (1, {"first": "a b", "second": "Plan X", "score": "3.2"}),
        (3, {"first": "", "second": "", "score": ""}),  # which the survey reports
        (4, {"first": "c", "second": "d\u00a0", "score": "4"}),
    ]


@pytest.mark.parametrize("line", ["a\tb\tc\td\t5\te", "a\tb\tc\td\t5.x\te\tf", "a\tb\tc\td\t6\te\tf"])
def test_other_lines_with_tabs_are_texts(tmp_path, line):
    assert rows(source(tmp_path, t_txt=line + "\n", v_txt="b\n"), "train") == [{"text": line}]


def test_blanks_and_letters_at_the_end_of_a_sentence_stay(tmp_path):
    assert rows(source(tmp_path, t_txt="two  \r\nPlan X\n", v_txt="b\n"), "train") == [
        {"text": "two  "},
        {"text": "Plan X"},
    ]


def test_scores_are_expected_of_pairs_that_are_not_trained_on(tmp_path):
    scored = "first,second,score\na,b,1\n"
    found = source(tmp_path, t_csv=scored, v_csv=scored, w_csv=scored)
    (mistake,) = found.mistakes(["text"])
    assert mistake.startswith(f"{tmp_path}/t.csv has no column text; its columns are first, second, score")


@pytest.mark.parametrize("name", ["train", "validation", "test", "a-b", ""])
def test_names_of_further_test_sets_are_words_of_their_own(tmp_path, name):
    found = source(tmp_path, t_txt="a\n", v_txt="b\n", w_txt="c\n", more={name: str(tmp_path / "t.txt")})
    assert found.mistakes(["text"])[0].startswith(f"dataset.more.{name}: the name is reserved or invalid")
    assert rows(found, "validation") == [{"text": "b"}]  # which it does not replace


def test_settings_of_tables_are_named_in_fingerprints_of_tables_only(tmp_path):
    source(tmp_path, t_txt="a\n", v_csv=STS, w_csv="text;x\nb;1\n")
    files = {"train": "t.txt", "validation": "v.csv", "test": "w.csv"}
    columns = {"text": "text", "first": "first", "second": "second", "score": "score"}
    found = Sentences(
        **{split: str(tmp_path / name) for split, name in files.items()},
        **columns,
        more={},
        encoding="utf-8",
        delimiter=";",
        quoting="none",
    )
    endings = [found.fingerprint(split).partition("-all")[2] for split in found.splits]
    assert endings == ["-encoding=utf-8"] * 2 + ["-encoding=utf-8-delimiter=;-quoting=none"]
    assert rows(found, "test") == [{"text": "b", "x": "1"}]


def test_what_is_notable_about_tables(tmp_path):
    found = source(tmp_path, t_tsv='text\tx\n"open\t1\n', v_csv='text,x\n"a\nb",1\nc,2\n', w_txt="d\n")
    for split in found.splits:
        list(found.rows(split))
    assert found.notes() == {"cells with a line break": {"train": 0, "validation": 1, "test": 0}}
    (warning,) = found.warnings()
    assert warning.startswith(f"{tmp_path}/t.tsv, line 2: a cell begins with a quote and does not end with one")
    assert [found.fingerprint(split).partition("-all")[2] for split in found.splits] == ["-quotes-are-text", "", ""]


def test_objects_are_recognised_by_any_ending_in_either_case(tmp_path):
    for name in ("a_jsonl", "a_json", "a_NDJSON"):
        found = source(tmp_path, t_txt="a\n", **{name: '{"text": "b", "n": 1}\n3\n'})
        assert list(found.columns(found.files["validation"])) == ["text", "n"]
        with pytest.raises(UserError, match=rf"{name.replace('_', '.')}, line 2: expected a JSON object"):
            rows(found, "validation")


@pytest.mark.real
def test_the_sts_benchmark():
    folder = Path(os.environ["TUNESMITH_DATA"]) / "stsb"
    if not folder.is_dir():
        pytest.skip("needs real data: set TUNESMITH_DATA to the folder that holds stsb/")
    columns = {"text": "text", "first": "first", "second": "second", "score": "score"}
    columns |= dict.fromkeys(("encoding", "delimiter", "quoting"))
    files = {split: str(folder / f"sts-{name}.csv") for split, name in (("validation", "dev"), ("test", "test"))}
    found = Sentences(train=None, **files, more={"training": str(folder / "sts-train.csv")}, **columns)
    assert found.mistakes(["text"]) == []
    for split, count in {"training": 5749, "validation": 1500, "test": 1379}.items():  # as published
        pairs = rows(found, split)
        assert len(pairs) == count and all(pair["first"] and pair["second"] for pair in pairs)
        assert {0.0, 5.0} <= {float(pair["score"]) for pair in pairs} and max(float(p["score"]) for p in pairs) == 5
