"""Words of a running text in any script, by Unicode's properties (UAX #14, #24 and #29).

A word is a run of letters, digits and underscores, or a single other character. What belongs together stays together: marks
and joiners stay with their letter (Hindi, Arabic, decomposed accents), and an emoji of several code points, a flag or a
keycap is one character. Scripts without spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) have no
boundaries that all spans would keep to, so there each character, with its marks, is a word of its own.
"""

import regex

# Scripts of South-East Asia that are written without spaces have the line break class SA. \X is a grapheme cluster.
_WITHOUT_SPACES = r"[\p{Ideographic}\p{Script=Hiragana}\p{Script=Katakana}\p{Line_Break=SA}]"
_JOINER = r"[\u200c\u200d](?=[\p{L}\p{M}])"
_KEYCAP = r"[0-9#*]\ufe0f?\u20e3"
_WORD = regex.compile(
    rf"(?V1){_KEYCAP}"
    rf"|(?={_WITHOUT_SPACES})\X"
    rf"|[[\p{{L}}\p{{N}}_]--{_WITHOUT_SPACES}](?:(?!{_KEYCAP})[[\p{{L}}\p{{N}}\p{{M}}_]--{_WITHOUT_SPACES}]|{_JOINER})*"
    r"|(?=[^\s\x1c-\x1f])\X"
)


def word_bounds(text: str) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each word, in code points."""
    return [found.span() for found in _WORD.finditer(text)]
