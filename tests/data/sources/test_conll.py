"""CoNLL and CoNLL-U files, with the irregularities of real ones."""

import pytest

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
    ],
)
def test_too_few_columns(tmp_path, text, columns, message):
    with pytest.raises(UserError, match=message):
        sentences(tmp_path, text, token_column=columns[0], tag_column=columns[1])


def test_an_empty_file_has_no_columns(tmp_path):
    (tmp_path / "a.conll").write_text("\n\n")
    source = Conll(train=str(tmp_path / "a.conll"), validation=None, test=None, token_column=0, tag_column=-1)
    assert "is empty" in source.mistakes(["tokens", "tags"])[0]
