"""The page: valid, self-contained, and a text of the data is never markup. `html.parser` reads it back."""

from html.parser import HTMLParser

from tests.documents.made import HOSTILE, document
from tunesmith.documents.html import page
from tunesmith.errors.terminal import safe


class Reader(HTMLParser):
    """The tags with their attributes, and the texts by the tag that they are in."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in {"meta", "link", "input", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.texts.append((self.open[-1] if self.open else "", text))


def test_tags_are_closed_and_texts_of_the_data_are_texts():
    found = Reader(page("Report <i>", document(), lead=HOSTILE))
    assert not found.open
    assert [tag for tag, _ in found.tags].count("script") == 1  # our own
    assert not [tag for tag, _ in found.tags if tag in {"i", "b"}]
    cells = [text for tag, text in found.texts if tag == "td"]
    assert safe(HOSTILE) in cells and "\x1b" not in page("", document()) and "\u202e" not in page("", document())


def test_nothing_is_loaded_from_anywhere():
    found = Reader(page("Report", document()))
    links = [attributes.get(name) for _, attributes in found.tags for name in ("src", "href", "xlink:href")]
    assert all(link.startswith(("#", "data:")) for link in links if link)
    (policy,) = [attributes["content"] for _, attributes in found.tags if "http-equiv" in attributes]
    assert policy.startswith("default-src 'none'")


def test_numbers_have_what_they_are_sorted_by():
    found = Reader(page("Report", document()))
    values = [attributes.get("data-value") for tag, attributes in found.tags if tag == "td"]
    assert values == [
        None,
        "5.0",
        "0.91234",
        "1.5e-05",
        None,
        None,
        "3.0",
        "0.8",
        "nan",
        None,
        None,
        "10.0",
        "0.85",
        "123456789.0",
        None,
    ]


def test_the_same_document_is_the_same_page():
    assert page("Report", document()) == page("Report", document())
