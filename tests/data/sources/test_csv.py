"""CSV and TSV files as pandas, Python's csv and spreadsheets write them: the same cells are read, or one message."""

import csv
import io

import pandas
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tunesmith import cli
from tunesmith.data.sources.csv import Csv
from tunesmith.errors import UserError

# Texts that are hard for tables: quotes, separators, line ends, byte-order marks, several scripts, numbers.
HARD = st.sampled_from(
    ['"', '""', "'", ",", ";", "\t", "|", "\n", "\r", "\r\n", " ", "\\", "\\n", "#", "\ufeff", "\u2028", "\x85", "\x0b"]
    + ["\x1c", "é", "ё", "日本", "😀", "e\u0301", "NaN", "null", "007", "1e3", "=1+1", "a", "b c"]
)
TEXTS = st.lists(HARD, max_size=5).map("".join)
LATIN = st.lists(st.sampled_from(list("aé£ñ \"',;\t|\\#\n\r")), max_size=6).map("".join)
NAMES = ["text", "label", 'a "name"', "größe, cm"]
SETTINGS = settings(max_examples=150, deadline=None, derandomize=True)


def opened(file, *, encoding=None, delimiter=None, quoting=None):
    return Csv(train=None, validation=None, test=str(file), encoding=encoding, delimiter=delimiter, quoting=quoting)


def read(file, **options):
    """The names of the columns, and the rows as lists of cells."""
    source = opened(file, **options)
    return list(source.columns(file)), [list(record.values()) for _, record in source.rows("test")]


def rows_of(texts, *, max_columns=4):
    return st.integers(1, max_columns).flatmap(
        lambda width: st.lists(st.lists(texts, min_size=width, max_size=width), min_size=1, max_size=6)
    )


def unambiguous(rows, end):
    """Whether no cell at the end of a row leaves a carriage return before a line feed without quotes, as csv writes it."""
    return end != "\n" or not any(row[-1].endswith("\r") for row in rows)


@SETTINGS
@given(
    rows_of(TEXTS),
    st.sampled_from([",", ";", "\t", "|", " "]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "gb18030", "utf-7"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_pandas_writes(tmp_path_factory, rows, delimiter, quoting, encoding, end):
    assume(unambiguous(rows, end))
    file = tmp_path_factory.mktemp("pandas") / "a.csv"
    names = NAMES[: len(rows[0])]
    options = {"sep": delimiter, "quoting": quoting, "encoding": encoding, "lineterminator": end, "index": False}
    pandas.DataFrame(rows, columns=names).to_csv(file, **options)
    marked = encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32")
    given_settings = {"encoding": None if marked else encoding, "delimiter": delimiter}
    assert read(file, **given_settings, quoting="minimal") == (names, rows)


@SETTINGS
@given(rows_of(TEXTS), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(["\n", "\r\n"]))
def test_tab_separated_text_that_pandas_quotes(tmp_path_factory, rows, quoting, end):
    assume(unambiguous(rows, end))
    file = tmp_path_factory.mktemp("pandas") / "a.tsv"
    pandas.DataFrame(rows, columns=NAMES[: len(rows[0])]).to_csv(
        file, sep="\t", quoting=quoting, lineterminator=end, index=False
    )
    source = opened(file)
    try:
        found = [list(record.values()) for _, record in source.rows("test")]
    except UserError as error:
        assert "set dataset.quoting=minimal" in str(error)
        found = None
    # Never other cells without a warning.
    assert found in (rows, None) or source.warnings()
    assert read(file, quoting="minimal")[1] == rows


@SETTINGS
@given(rows_of(st.text(st.characters(exclude_characters="\t\n\r\0", exclude_categories=["Cs"]), min_size=1)))
def test_tab_separated_text_without_quoting(tmp_path_factory, rows):
    file = tmp_path_factory.mktemp("plain") / "a.tsv"
    names = ["text", "label", "c", "d"][: len(rows[0])]
    text = "".join("\t".join(row) + "\n" for row in [names, *rows])
    file.write_bytes(text.encode())
    assert read(file, quoting="none") == (names, rows)
    source = opened(file)
    found = [list(record.values()) for _, record in source.rows("test")]
    closed = all(
        not cell.startswith('"') or next(csv.reader([cell], delimiter="\t")) == [cell] for r in rows for cell in r
    )
    if any(cell.startswith('"') for row in rows for cell in row) and not closed:
        # Quotes are text if one of them is not closed; else the file is that of a writer that quotes.
        reference = (
            list(csv.reader(io.StringIO(text, newline=""), delimiter="\t", strict=True))
            if not source.warnings()
            else None
        )
        assert found == (rows if reference is None else reference[1:])
    else:
        assert found == rows


@SETTINGS
@given(rows_of(LATIN), st.sampled_from([",", ";", "\t"]), st.booleans())
def test_what_pythons_csv_writes_in_an_old_encoding(tmp_path_factory, rows, delimiter, excel):
    file = tmp_path_factory.mktemp("csv") / "a.csv"
    with file.open("w", newline="", encoding="cp1252") as stream:
        writer = csv.writer(stream, csv.excel if excel else csv.unix_dialect, delimiter=delimiter)
        writer.writerows([["text", "label", "ä", "d"][: len(rows[0])], *rows])
    assert read(file, encoding="cp1252", delimiter=delimiter, quoting="minimal")[1] == rows
    try:
        assert read(file, delimiter=delimiter, quoting="minimal")[1] == rows  # happens to be ASCII
    except UserError as error:
        assert "is not UTF-8; set dataset.encoding" in str(error)


@SETTINGS
@given(st.binary(max_size=60), st.sampled_from(["a.csv", "a.tsv"]), st.sampled_from([None, "minimal", "none"]))
def test_any_bytes_are_rows_or_one_message(tmp_path_factory, content, name, quoting):
    file = tmp_path_factory.mktemp("bytes") / name
    file.write_bytes(b"text,label\n" + content)
    try:
        read(file, quoting=quoting)
    except UserError as error:
        assert len(error.mistakes) == 1 and name in str(error) and "line" in str(error)


def write(tmp_path, content, name="a.csv"):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path / name


def test_line_numbers_are_those_of_the_first_line_of_a_row(tmp_path):
    file = write(tmp_path, 'text,label\r\n"a\r\nb",1\r\n\r\n"c ""d""",2\r\n"e\nf\n",3')
    source = opened(file)
    assert list(source.rows("test")) == [
        (2, {"text": "a\r\nb", "label": "1"}),
        (5, {"text": 'c "d"', "label": "2"}),
        (6, {"text": "e\nf\n", "label": "3"}),
    ]
    assert source.notes() == {"cells with a line break": {"test": 2}}
    source = opened(write(tmp_path, "text,label\na,1\n", "b.csv"))
    assert source.notes() == {}  # not read yet
    assert list(source.rows("test")) == [(2, {"text": "a", "label": "1"})] and source.notes() == {}


@pytest.mark.parametrize(
    "content,expected",
    [
        ("text,label\ra,1\rb,2\r", [["a", "1"], ["b", "2"]]),  # old Macintosh
        ('text,label\r"a\nb",1\r', [["a\nb", "1"]]),
        ("text,label\ra\nb,1\r", [["a\nb", "1"]]),
        ("text,label\na\rb,1\n", [["a\rb", "1"]]),  # a cell with a carriage return
        ("text,label\r\na\rb,1\r\n", [["a\rb", "1"]]),
        ("text,label\na,1\r", [["a", "1"]]),
        ("text\r", []),
        ("", []),
        ('text,"a\rb"\nc,1\n', [["c", "1"]]),  # in quotes it ends no line
    ],
)
def test_carriage_returns(tmp_path, content, expected):
    assert read(write(tmp_path, content))[1] == expected


@pytest.mark.parametrize(
    "content,options,message",
    [
        ('text,label\na,1\n"b,2\nc,3\n', {}, r"line 3: .* not closed before the end of the file"),
        ('text,label\n"a\n" b,1\n', {}, r"line 3: text after the closing quote of a cell \(its row begins in line 2\)"),
        ("text,label\na,1,2\n", {}, r"line 2: 3 cells, but the header has 2 columns \(text, label\)"),
        ("text,label\n\n\na\n", {}, "line 4: 1 cells"),
        ("text,label,text\na,1,b\n", {}, "line 1: more than one column is named text"),
        ("a,b,a,b\n", {}, r"line 1: more than one column is named a, b; .* \(the header has a, b, a, b\)$"),
        ('text\n"b\n', {}, "line 2: .*; close it, or set dataset.quoting=none if quotes are text$"),
        (
            'text\n"b"c\n',
            {},
            "line 2: .* cell; write quotes inside .* twice, or set dataset.quoting=none if quotes are text$",
        ),
        ("text,label,,\na,1,,\n", {}, "columns 3, 4 of the header have no name"),
        ("text,label\na,1\n", {"delimiter": "::"}, "dataset.delimiter is '::'; expected one character"),
        ("text,label\na,1\n", {"encoding": "latin9x"}, "dataset.encoding is 'latin9x'; .* did you mean latin9?"),
        ("text,label\na,1\n", {"encoding": "rot13"}, "dataset.encoding is 'rot13'; expected the name of an encoding"),
        ("text,label\na,1\n", {"encoding": "a\0b"}, "expected the name of an encoding"),
        ("text,label\na,1\n", {"encoding": "utf-16"}, "no byte-order mark.* set dataset.encoding=utf-16-le"),
        (b"text,label\na,1\ncaf\xe9,2\n", {}, r"line 3: byte 4 \(0xe9\) is not UTF-8; .*cp1252.* 'café,2'"),
        (b"text\ra\rcaf\xe9\r", {}, r"line 3: byte 4 \(0xe9\)"),
        (b"text,label\na,1\nb\x81,2\n", {"encoding": "cp1252"}, r"line 3: byte 2 \(0x81\) is not cp1252"),
        (b"text,label\na\0,1\nb\0,2\n", {}, "line 2: a character NUL, which is not text; remove it$"),
        (b"text\na\ncaf\xc3", {}, r"line 3: byte 4 \(0xc3\) is not UTF-8"),  # the first of two bytes
        (b"text\na\n+2D0-\n", {"encoding": "utf-7"}, "a.csv, line 1 or later: not text in utf-7"),  # half a pair
        ("text,label\na,1\n".encode("utf-16-le"), {}, "seems to be UTF-16 .* set dataset.encoding=utf-16-le"),
        ("text,label\na,1\n".encode("utf-16-be"), {}, "set dataset.encoding=utf-16-be"),
        (b"PK\x03\x04\x14\0\0\0", {}, "a.csv is a ZIP archive or a workbook"),
        (b"\x1f\x8b\x08\0\0\0", {}, "a.csv is compressed by gzip"),
        (b"\xef\xbb\xbftext\n" + b"a" * 200_000 + b"\nb\xff\n", {}, r"line 3: byte 2 \(0xff\)"),  # several chunks
        (b"text\n" + b"a" * 100_000 + b"\xff\n", {}, r"line 2: byte 100001 \(0xff\)"),
    ],
)
def test_damage_has_one_message(tmp_path, content, options, message):
    with pytest.raises(UserError, match=message) as raised:
        read(write(tmp_path, content), **options)
    assert len(raised.value.mistakes) == 1
    assert "a.csv" in str(raised.value) or str(raised.value).startswith("dataset.")


@pytest.mark.parametrize("name,separator", [("a.csv", ","), ("a.tsv", "\t")])
def test_quotes_that_are_text_enclose_no_line_ends(tmp_path, name, separator):
    rows = [['te"xt', "label"], ['a"b', "1"]]  # between the quotes, old Macintosh line ends
    file = write(tmp_path, "".join(separator.join(row) + "\r" for row in rows), name)
    assert read(file, quoting="none") == (rows[0], rows[1:])


def test_text_after_a_closing_quote_makes_quotes_text(tmp_path):
    source = opened(write(tmp_path, 'text\n"a" \n', "a.tsv"))
    assert read(write(tmp_path, 'text\n"a"X\n', "b.tsv"))[1] == [['"a"X']]
    assert read(write(tmp_path, 'text\tlabel\r\na\t"b"\r\n', "c.tsv"))[1] == [["a", "b"]]
    assert list(source.rows("test")) == [(2, {"text": '"a" '})] and "a.tsv, line 2: " in source.warnings()[0]


@pytest.mark.parametrize("name", ["a.tsv", "a.TAB", "a.tab"])
def test_tab_separated_files_are_known_by_their_ending(tmp_path, name):
    assert read(write(tmp_path, "text\tlabel\na,b\t1\n", name)) == (["text", "label"], [["a,b", "1"]])


def test_any_character_but_quotes_and_line_ends_is_a_delimiter(tmp_path):
    file = write(tmp_path, "textXlabel\naX1\n")
    assert read(file, delimiter="X") == (["text", "label"], [["a", "1"]])
    for delimiter in ('"', "\n", "\r", "\0", "", "ab"):
        with pytest.raises(UserError, match=r"^dataset.delimiter is .*; expected one character, such as ';'"):
            read(file, delimiter=delimiter)


@pytest.mark.parametrize("delimiter,written", [(";", "';'"), ("\t", r"'\t'"), (",", "','"), ("|", "'|'")])
def test_the_likely_delimiter_is_named_as_it_is_written(tmp_path, delimiter, written):
    file = write(tmp_path, f"text{delimiter}label\na{delimiter}1\n")
    other = "," if delimiter != "," else ";"
    (mistake,) = opened(file, delimiter=other).mistakes(["text"])
    assert mistake.endswith(f'; is the delimiter {written}? set dataset.delimiter="{written}"')
    (mistake,) = opened(file, delimiter=delimiter).mistakes(["txt"])
    assert mistake.endswith("its columns are text, label; did you mean text?")


def test_cells_that_do_not_fit_may_need_quotes(tmp_path):
    remedy = "quote cells that contain the separator or a line break"
    with pytest.raises(UserError, match=rf"line 2: 3 cells, but the header has 2 columns \(text, label\); {remedy}$"):
        read(write(tmp_path, "text,label\na,1,2\n"))
    with pytest.raises(UserError, match=rf"{remedy}, and set dataset.quoting=minimal$"):
        read(write(tmp_path, 'text\tlabel\n"a\n1"\t2\n', "a.tsv"))


def test_line_breaks_are_counted_in_files_that_were_read(tmp_path):
    broken, plain = write(tmp_path, 'text\n"a\rb"\n"c\nd"\n', "a.csv"), write(tmp_path, "text\na\n", "b.csv")
    source = Csv(train=None, validation=str(broken), test=str(plain), encoding=None, delimiter=None, quoting=None)
    list(source.rows("validation"))
    assert source.notes() == {"cells with a line break": {"validation": 2, "test": 0}}


def test_long_cells_and_characters_across_chunks(tmp_path):
    rows = [["é" * 70_000, "1"], ["日\r\n" * 50_000, "2"]]
    for encoding in ("utf-8", "utf-16", "utf-8-sig"):
        text = io.StringIO(newline="")
        csv.writer(text).writerows([["text", "label"], *rows])
        assert read(write(tmp_path, text.getvalue().encode(encoding)))[1] == rows


def test_quotes_in_tab_separated_text(tmp_path):
    file = write(tmp_path, 'text\tlabel\n"quoted"\ta\n"open\tb\nx\ta\n close" y\tb\n', "a.tsv")
    source = opened(file)
    assert [record["text"] for _, record in source.rows("test")] == ['"quoted"', '"open', "x", ' close" y']
    (warning,) = source.warnings()
    assert "a.tsv, line 3: a cell begins with a quote and does not end with one" in warning
    assert read(write(tmp_path, 'text\tlabel\n"quo""ted\t"\ta\n', "b.tsv"))[1] == [['quo"ted\t', "a"]]
    with pytest.raises(UserError, match="line 5: text after the closing quote"):
        read(file, quoting="minimal")


def test_a_likely_delimiter(tmp_path):
    (mistake,) = opened(write(tmp_path, "text;label\na;1\n")).mistakes(["text"])
    assert mistake.endswith("""its columns are text;label; is the delimiter ';'? set dataset.delimiter="';'\"""")
    assert read(tmp_path / "a.csv", delimiter=";")[1] == [["a", "1"]]
    assert read(write(tmp_path, "text\tlabel\na\t1\n"), delimiter=r"\t")[1] == [["a", "1"]]


def test_fingerprints_name_how_a_file_is_read(tmp_path):
    file = write(tmp_path, 'text\tlabel\na\t1\n"b"\t2\n', "a.tsv")
    plain = opened(file).fingerprint("test")
    assert plain.endswith("-all")  # as in versions without the settings
    both = opened(file, delimiter=";", quoting="none").fingerprint("test")
    assert both.endswith("-all-delimiter=;-quoting=none")
    others = [{"encoding": "cp1252"}, {"delimiter": "\t"}, {"quoting": "none"}, {"quoting": "minimal"}]
    found = {opened(file, **options).fingerprint("test") for options in others}
    file.write_bytes(b'text\tlabel\n"a\t1\n')
    assert len(found | {plain}) == 5 and opened(file).fingerprint("test").endswith("-all-quotes-are-text")


def test_check_reports_what_the_source_noticed(tmp_path, capsys):
    rows = "".join(f"text {n}\t{n % 2}\n" for n in range(20))
    train = write(tmp_path, 'text\tlabel\n"open\t1\n' + rows, "train.tsv")
    test = write(tmp_path, 'text,label\n"a\nb",1\nc,0\n', "test.csv")
    words = ["check", "dataset=csv", f"dataset.train={train}", f"dataset.test={test}"]
    assert cli.run(words) == 0
    shown = capsys.readouterr().out
    assert "cells with a line break: 1 in test" in shown and f"Warning: {train}, line 2: a cell begins" in shown
    assert cli.run([*words, "dataset.quoting=none"]) == 2
    assert "test.csv, line 2: 1 cells" in capsys.readouterr().err
    assert cli.run([*words, "dataset.encoding=utf8x"]) == 2
    assert "dataset.encoding is 'utf8x'" in capsys.readouterr().err


@SETTINGS
@given(
    rows_of(
        st.text(st.sampled_from('ab",\\\t;é\n ') | st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]))
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE]),
)
def test_backslashes_before_quotes_as_pythons_csv_writes_them(tmp_path_factory, rows, delimiter, quoting):
    file = tmp_path_factory.mktemp("csv") / "a.csv"
    names = NAMES[: len(rows[0])]
    assume(quoting != csv.QUOTE_NONE or all(row != [""] and not row[0].startswith('"') for row in rows))
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, doublequote=False, escapechar="\\", quoting=quoting, delimiter=delimiter)
        writer.writerows([names, *rows])
    assert read(file, delimiter=delimiter, quoting="backslash") == (names, rows)
    # By default never other cells without a warning or a message, unless nothing shows.
    source = opened(file, delimiter=delimiter)
    try:
        found = [list(record.values()) for _, record in source.rows("test")]
    except UserError:
        return
    assert found == rows or source.warnings() or not any('"' in cell for row in rows for cell in row)


def test_backslashes_before_quotes_are_said(tmp_path):
    file = write(tmp_path, 'text,label\n"he said \\"hi\\" there",1\n')
    with pytest.raises(UserError, match=r"line 2: text after the closing quote .* set dataset.quoting=backslash"):
        read(file)
    assert read(file, quoting="backslash")[1] == [['he said "hi" there', "1"]]
    file = write(tmp_path, 'text,label\n"a \\", b",1\n')
    with pytest.raises(UserError, match=r"line 2: 3 cells, .* set dataset.quoting=backslash"):
        read(file)
    file = write(tmp_path, 'text,label\n5\\" pipe,1\n')
    source = opened(file)
    assert [record["text"] for _, record in source.rows("test")] == ['5\\" pipe']
    assert "a.csv, line 2: a cell has a backslash before a quote, and both are kept" in source.warnings()[0]
    assert read(file, quoting="backslash")[1] == [['5" pipe', "1"]]
    # Other backslashes are text, as in Windows paths.
    assert read(write(tmp_path, 'text,label\n"C:\\new \\"x\\"",C:\\\\y\n'), quoting="backslash")[1] == [
        ['C:\\new "x"', "C:\\y"]
    ]


@pytest.mark.parametrize("first,delimiter", [("sep=;", ";"), ('"sep=;"', ";"), ("sep=\t", "\t"), ("SEP=,", ",")])
def test_a_spreadsheets_first_line_names_the_delimiter(tmp_path, first, delimiter):
    text = f"{first}\r\ntext{delimiter}label\r\na{delimiter}1\r\nb\r\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        file = write(tmp_path, text.encode(encoding))
        with pytest.raises(UserError, match=r"a\.csv, line 4: 1 cells, but the header has 2"):
            read(file)
        file.write_bytes(text.removesuffix("b\r\n").encode(encoding))
        assert list(opened(file).rows("test")) == [(3, {"text": "a", "label": "1"})]
        assert read(file, delimiter=delimiter)[1] == [["a", "1"]]
