"""Words of running text: as ever in English, by Unicode's rules in other scripts; and spans that survive in all of them."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.data.encoding.running_text import word_bounds
from tunesmith.data.encoding.tagged import from_text


def words(text):
    return [text[start:end] for start, end in word_bounds(text)]


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.text(st.characters(max_codepoint=0x4FF, exclude_categories=["Mn", "Me", "Cn", "Cf"])))
def test_text_without_marks_is_split_as_in_version_0_1(text):
    assert words(text) == re.findall(r"\w+|[^\w\s]", text)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("北京大学在2024年", "北 京 大 学 在 2024 年"),
        ("東京タワーはTokyoに", "東 京 タ ワ ー は Tokyo に"),
        ("น้ำไทย", "น้ำ ไ ท ย"),
        ("ភាសា ລາວ မြန်", "ភា សា ລ າ ວ မြ န်"),
        ("हिन्दी में क्‍ष", "हिन्दी में क्‍ष"),
        ("العَرَبِيَّة می‌خواهم", "العَرَبِيَّة می‌خواهم"),
        ("שָׁלוֹם!", "שָׁלוֹם !"),
        ("한국어 단어", "한국어 단어"),
        (unicodedata.normalize("NFD", "café naïve"), unicodedata.normalize("NFD", "café naïve")),
        ("👨‍👩‍👧🇩🇪🇫🇷 👍🏽1️⃣ x❤️", "👨‍👩‍👧 🇩🇪 🇫🇷 👍🏽 1️⃣ x ❤️"),
    ],
)
def test_words_of_other_scripts(text, expected):
    assert words(text) == expected.split(" ")


SCRIPTS = {
    "Latin": ["Anna", "Zürich", "cafe\u0301s", "3"],
    "Cyrillic": ["Анна", "Москва", "й"],
    "Arabic": ["العَرَبِيَّة", "می‌خواهم", "بيت"],
    "Hebrew": ["שָׁלוֹם", "תל", "אביב"],
    "Hindi": ["हिन्दी", "में", "क्‍ष"],
    "Korean": ["서울", "한국어"],
    "Chinese": ["北京", "大学", "张", "在"],
    "Japanese": ["東京", "タワー", "らーめん", "ｶﾞｰﾄﾞ"],
    "Thai": ["กรุงเทพ", "น้ำ", "ไทย"],
    "Khmer": ["កម្ពុជា", "ភាសា"],
    "emoji": ["👨‍👩‍👧", "🇩🇪", "👍🏽", "1️⃣", "❤️"],
}
WITHOUT_SPACES = ("Chinese", "Japanese", "Thai", "Khmer", "emoji")


@st.composite
def annotated(draw):
    """A text in one script, and spans that cover whole words of it."""
    script = draw(st.sampled_from(sorted(SCRIPTS)))
    parts = draw(st.lists(st.sampled_from(SCRIPTS[script]), min_size=1, max_size=8))
    text, bounds = "", []
    for part in parts:
        text += (
            draw(st.sampled_from([" ", ", ", "; "] if script not in WITHOUT_SPACES else ["", " ", "、"]))
            if text
            else ""
        )
        bounds.append((len(text), len(text) + len(part)))
        text += part
    spans, place = [], 0
    while place < len(bounds):
        last = draw(st.integers(place, min(place + 2, len(bounds) - 1)))
        if draw(st.booleans()):
            spans.append((bounds[place][0], bounds[last][1], draw(st.sampled_from(["PER", "LOC"]))))
        place = last + 1
    return text, spans


@settings(max_examples=500, deadline=None, derandomize=True)
@given(annotated())
def test_spans_survive_in_every_script(case):
    text, spans = case
    found = from_text(text, [list(span) for span in spans])
    assert (found.misaligned, found.lost) == (0, ())
    bounds, read = word_bounds(text), []
    assert [text[start:end] for start, end in bounds] == found.words
    for (start, end), tag in zip(bounds, found.tags, strict=True):
        if tag.startswith("B-"):
            read.append((start, end, tag[2:]))
        elif tag != "O":
            read[-1] = (read[-1][0], end, tag[2:])
    assert read == spans


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=20))
def test_no_character_but_white_space_is_lost(text):
    kept = "".join(words(text))
    assert [c for c in kept if not c.isspace()] == [c for c in text if not c.isspace()]
