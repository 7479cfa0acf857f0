"""Markdown read back by markdown-it: one table, and texts of the data are texts."""

from markdown_it import MarkdownIt

from tests.documents.made import HOSTILE, document
from tunesmith.documents.markdown_page import page
from tunesmith.errors.terminal import safe


def test_texts_are_texts_and_tables_have_their_columns():
    tokens = MarkdownIt("commonmark").enable("table").parse(page("Report <i>", document(), figures="figures"))
    kinds = [token.type for token in tokens]
    assert kinds.count("table_open") == 1 and kinds.count("th_open") == 5 and kinds.count("td_open") == 15
    inline = [token for token in tokens if token.type == "inline"]
    assert not [child for token in inline for child in token.children if child.type in {"html_inline", "code_inline"}]
    texts = ["".join(child.content for child in token.children) for token in inline]
    assert " ".join(safe(HOSTILE).split()) in texts
    strong = [token for token in inline if any(child.type == "strong_open" for child in token.children)]
    assert ["".join(child.content for child in token.children) for token in strong] == ["0.9123 ± 0.0123"]
    images = [child for token in inline for child in token.children if child.type == "image"]
    assert [image.attrs["src"] for image in images] == ["figures/loss.png"]
