"""CoNLL and CoNLL-U files, with the irregularities of real ones."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.data.sources.conll import Conll, read
from tunesmith.errors import UserError


def sentences(tmp_path, text, *, name="a.conll", token_column=0, tag_column=-1):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return list(read(tmp_path / name, token_column=token_column, tag_column=tag_column))


def test_columns_comments_and_document_starts(tmp_path):
    text = "-DOCSTART- -X- O O\n\n# a comment\nEU NNP I-NP B-ORG\nrejects VBZ I-VP O\n\n# 2\n\n# NN I-NP O\n#tag NN I-NP B-X\n"
    assert sentences(tmp_path, text) == [
        (4, {"tokens": ["EU", "rejects"], "tags": ["B-ORG", "O"]}),
        (9, {"tokens": ["#", "#tag"], "tags": ["O", "B-X"]}),
    ]


def test_tabs_blank_cells_and_windows_line_ends(tmp_path):
    text = "New York\tB-LOC\r\n\t\r\n.\tO\r\n#\tO"
    assert sentences(tmp_path, text) == [
        (1, {"tokens": ["New York"], "tags": ["B-LOC"]}),
        (3, {"tokens": [".", "#"], "tags": ["O", "O"]}),
    ]


def test_universal_dependencies(tmp_path):
    text = (
        "# sent_id = 1\n# text = im Haus\n1-2\tim\t_\t_\t_\n1\tin\tin\tADP\tAPPR\n2\tdem\tder\tDET\tART\n"
        "3\tHaus\tHaus\tNOUN\tNN\n3.1\t_\t_\t_\t_\n\n"
    )
    assert sentences(tmp_path, text, name="a.conllu", token_column=1, tag_column=3) == [
        (4, {"tokens": ["in", "dem", "Haus"], "tags": ["ADP", "DET", "NOUN"]})
    ]


def test_a_file_without_tags(tmp_path):
    assert sentences(tmp_path, "a\nb\n", tag_column=None) == [(1, {"tokens": ["a", "b"]})]


@pytest.mark.parametrize(
    "text,columns,message",
    [
        ("EU B-ORG\nrejects\n", (0, -1), "line 2: 1 column .rejects."),
        ("EU\nrejects\n", (0, -1), "line 1: 1 column"),
        ("EU NNP B-ORG\n", (0, 5), "tag_column=5 need 6"),
        ("EU NNP B-ORG\n", (0, -4), "tag_column=-4 need 4"),
        ("EU NNP B-ORG\n", (3, -1), "token_column=3 and tag_column=-1 need 4"),
        ("EU NNP B-ORG\n", (3, None), "token_column=3 need 4; set"),
        (
            "x" * 50 + "\n",
            (0, -1),
            r"line 1: 1 column \(x{40}\), but token_column=0 and tag_column=-1 need 2; set dataset.token",
        ),
        ("a b c\n", (0, 3), r"line 1: 3 columns \(a b c\), but token_column=0 and tag_column=3 need 4"),
    ],
)
def test_too_few_columns(tmp_path, text, columns, message):
    with pytest.raises(UserError, match=message):
        sentences(tmp_path, text, token_column=columns[0], tag_column=columns[1])


@pytest.mark.parametrize("columns", [(0, 1), (-2, -1), (0, -1), (-2, 1)])
def test_columns_are_counted_from_either_end(tmp_path, columns):
    expected = [(1, {"tokens": ["EU"], "tags": ["B-ORG"]})]
    assert sentences(tmp_path, "EU B-ORG\n", token_column=columns[0], tag_column=columns[1]) == expected


def test_standard_input_is_named():
    with pytest.raises(UserError, match=r"^standard input, line 2: 1 column \(b\)"):
        list(read(None, token_column=1, tag_column=None, lines=["a b\n", "b\n"]))


def test_a_word_of_a_conllu_file_has_an_index(tmp_path):
    message = f"line 2: '{'x' * 40}' is not the index of a word, but CoNLL-U lines begin with one; name a file of other columns"
    with pytest.raises(UserError, match=message):
        sentences(tmp_path, "1\ta\tO\n" + "x" * 50 + "\tO\n", name="a.CONLLU")


@pytest.mark.parametrize(
    "text,tokens",
    [
        ("a\tO\n\n# x\nb\tO\n", [["a"], ["b"]]),  # as many blanks as the words have tabs
        ("# x\na\tO\n", [["a"]]),
        ("a\tb\tO\n\n# one\ttwo\nc\td\tO\n", [["a"], ["c"]]),  # fewer tabs
        ("a O\n\n#\u00a0b c O\n", [["a"], ["#\u00a0b"]]),  # no number sign of its own
        ("a O\n# x y\nc O\n", [["a", "#", "c"]]),  # within a sentence it is a word
        ("a O\n\n#end document\n#begin document x\nb O\n", [["a"], ["b"]]),
        ("#begin document x\n\nb O\n", [["b"]]),
        ("-DOCSTART- O O\n\n# O\na O\n", [["#", "a"]]),  # the columns are those of words
        ("\n# O\na O\n", [["#", "a"]]),
        ("a\tO\n\n#\tO\n", [["a"], ["#"]]),
        ("Xa\tO\nbX\tO\n", [["Xa", "bX"]]),
        ("\n \n\t\na O\n-DOCSTART- O\n\n\n", [["a"]]),
    ],
)
def test_comments_between_sentences(tmp_path, text, tokens):
    assert [row["tokens"] for _, row in sentences(tmp_path, text)] == tokens


def test_the_last_cell_may_be_empty(tmp_path):
    assert sentences(tmp_path, "New York \t\n b\t O \n")[0][1] == {"tokens": ["New York", "b"], "tags": ["", "O"]}


def test_an_empty_file_has_no_columns(tmp_path):
    (tmp_path / "a.conll").write_text("\n\n")
    source = Conll(
        train=str(tmp_path / "a.conll"), validation=None, test=None, encoding=None, token_column=0, tag_column=-1
    )
    assert "is empty" in source.mistakes(["tokens", "tags"])[0]


def fingerprint(tmp_path, text):
    (tmp_path / "a.conll").write_text(text, encoding="utf-8")
    return Conll(
        train=str(tmp_path / "a.conll"), validation="a", test=None, encoding=None, token_column=0, tag_column=-1
    ).fingerprint("train")


def test_only_blanks_and_tabs_separate_columns(tmp_path):
    text = "10\u00a0000 B-NUM\n\u3000 O\nx\x1cy\u2009z\tO\n"
    assert sentences(tmp_path, text) == [
        (1, {"tokens": ["10\u00a0000", "\u3000", "x\x1cy\u2009z"], "tags": ["B-NUM", "O", "O"]})
    ]
    with pytest.raises(UserError, match="line 1: 1 column"):
        sentences(tmp_path, "10\u00a0B-NUM\n")


def test_a_document_start_ends_a_sentence_and_a_first_word_can_be_a_number_sign(tmp_path):
    text = "# O\na B-X\n-DOCSTART- O\n#tag O\n# O\n\n# sent_id = 2\n# O\n"
    found = [(line, row["tokens"]) for line, row in sentences(tmp_path, text)]
    assert found == [(1, ["#", "a"]), (4, ["#tag", "#"]), (8, ["#"])]
    # WNUT-17: tabs, and a line with a single tab between sentences
    assert sentences(tmp_path, "#a b\tO\n\t\n# one two\nRT\tO\n") == [
        (1, {"tokens": ["#a b"], "tags": ["O"]}),
        (4, {"tokens": ["RT"], "tags": ["O"]}),
    ]
    text = "#begin document (x); part 000\na O\n\n#end document\n"
    assert [row["tokens"] for _, row in sentences(tmp_path, text)] == [["a"]]


def warnings(tmp_path, text):
    (tmp_path / "a.conll").write_text(text, encoding="utf-8")
    file = str(tmp_path / "a.conll")
    source = Conll(train=file, validation=file, test=None, encoding=None, token_column=0, tag_column=-1)
    found = [row["tokens"] for _, row in source.rows("train")]
    return found, [line.removeprefix(f"{file}, ") for line in source.warnings()]


@pytest.mark.parametrize(
    "text,tokens,said",
    [
        # CoNLL-U's comments, in the number of columns of the words; also the only one of the file, in its first line
        ("# text = Hello\nHello UH B-X O\n", [["Hello"]], "line 1: read as a comment"),
        ("# sent_id = 1\na X Y O\n\n# sent_id = 2\nb X Y O\n", [["a"], ["b"]], "line 1 and 1 more: read as a comment"),
        ("# newdoc id = x1\n# text = a\na X O\n", [["a"]], None),
        # a remark, in a file that has other comments
        ("# four words here\na X Y O\n\n# another one\nb X Y O\n", [["a"], ["b"]], "line 1: read as a comment"),
        # words: their tags occur elsewhere
        ("# X Y O\na X Y O\n\n# a remark of five words\nb X Y O\n\n# # Y O\n", [["#", "a"], ["b"], ["#"]], None),
        ("# B-X\na O\nb B-X\n", [["#", "a", "b"]], None),
        ("#\tB-X\na\tO\nb\tB-X\n", [["#", "a", "b"]], None),
        # no other word has the tag, and there are no comments
        ("# four words here\na X Y O\n", [["#", "a"]], "line 1: read as a word #"),
        ("a X O\nb O\n", [["a", "b"]], "line 2: 2 columns, but the first word has 3"),
        ("#begin document (a); part 000\n#beginning O\n#end document\n", [["#beginning"]], None),
    ],
)
def test_comments_in_the_columns_of_words(tmp_path, text, tokens, said):
    found, lines = warnings(tmp_path, text)
    assert found == tokens
    assert [line.startswith(said or "") for line in lines] == [True] * bool(said)


def test_comments_that_version_0_1_read_as_words_have_another_fingerprint(tmp_path):
    """It took lines with # before the first word for comments, others with the columns of a word for words."""
    first, later = "# text = a\na X Y O\n", "\n# text = b\nb X Y O\n"
    assert not fingerprint(tmp_path, first).endswith("-2")
    assert fingerprint(tmp_path, first + later).endswith("-2")
    assert fingerprint(tmp_path, "# X Y O\na X Y O\n").endswith("-2")
    assert not fingerprint(tmp_path, "a X Y O\n\n# X Y O\n").endswith("-2")


def test_a_word_can_be_a_number_sign_in_universal_dependencies(tmp_path):
    text = "# text = # 1\n1\t#\t#\tSYM\n2\t1\t1\tNUM\n"
    assert sentences(tmp_path, text, name="a.conllu", token_column=1, tag_column=3) == [
        (2, {"tokens": ["#", "1"], "tags": ["SYM", "NUM"]})
    ]
    with pytest.raises(UserError, match="line 1: 'EU' is not the index of a word"):
        sentences(tmp_path, "EU\tB-ORG\n", name="a.conllu")


def test_only_files_that_were_read_otherwise_have_another_fingerprint(tmp_path):
    ordinary = "-DOCSTART- -X- O O\n\n# comment here\nEU NNP I-NP B-ORG\n\n# 2\n\n# NN I-NP O\n#tag NN I-NP B-X\r\n"
    assert not fingerprint(tmp_path, ordinary).endswith("-2")
    for text in ("a\u00a0b O\n", "# O\na O\n", "a O\n-DOCSTART- O\nb O\n"):
        assert fingerprint(tmp_path, text).endswith("-2")


WORD = st.text(st.characters(exclude_characters=" \t\r\n", exclude_categories=["Cs"]), min_size=1, max_size=5)
TAG = st.sampled_from(["O", "B-PER", "I-PER"])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.tuples(WORD, TAG), min_size=1, max_size=5), min_size=1, max_size=5),
    st.sampled_from([" ", "\t", "  "]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_what_is_written_is_read_back(written, separator, end, documents):
    written = [[(word, tag) for word, tag in words if word != "-DOCSTART-"] or [("a", "O")] for words in written]
    lines = [
        line
        for words in written
        for line in [
            *([f"-DOCSTART-{separator}O"] if documents else [""]),
            *(word + separator + tag for word, tag in words),
        ]
    ]
    found = [row for _, row in read(None, token_column=0, tag_column=-1, lines=[line + end for line in lines])]
    assert found == [{"tokens": [word for word, _ in words], "tags": [tag for _, tag in words]} for words in written]


def test_a_source_of_universal_dependencies(tmp_path):
    (tmp_path / "a.conllu").write_text("# text = im\n1-2\tim\t_\n1\tin\tADP\n2\tdem\tDET\n\nx\ta\tb\n")
    source = Conll(
        train=None, validation=None, test=str(tmp_path / "a.conllu"), encoding=None, token_column=1, tag_column=-1
    )
    rows = source.rows("test")
    assert next(rows) == (3, {"tokens": ["in", "dem"], "tags": ["ADP", "DET"]})
    with pytest.raises(UserError, match=rf"^{tmp_path}/a.conllu, line 6: 'x' is not the index of a word"):
        next(rows)
    assert source.fingerprint("test").endswith("-all")
