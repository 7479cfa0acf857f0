"""Tokens as the text has them: the reference is the tokenizer's own offsets into the text."""

import pytest
from transformers import AutoTokenizer

from tunesmith.attention.tokens import REST, readable
from tunesmith.backbones.shipped import WEIGHTS

TEXT = "Playing the unbelievable game"
OTHERS = "日本語 привет ñandú 🙂 <b> naïve\n$5"


def tokens_of(family, text):
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / family)
    return tokenizer, tokenizer(text, return_offsets_mapping=True)


@pytest.mark.parametrize("family", ["bert", "roberta", "xlnet", "gpt2"])
def test_no_mark_of_a_vocabulary_is_left_and_spaces_are_where_the_text_has_them(family):
    tokenizer, found = tokens_of(family, TEXT)
    tokens = readable(found["input_ids"], tokenizer)
    words = [token for token in tokens if not token.special]
    found = "".join(" " * token.space + token.text for token in words).replace(
        "␣", ""
    )  # XLNet has tokens of a space alone
    assert found.strip().lower() == TEXT.lower()
    special = [token.text for token in tokens if token.special]
    assert (
        special
        == {"bert": ["[CLS]", "[SEP]"], "roberta": ["<s>", "</s>"], "xlnet": ["<sep>", "<cls>"], "gpt2": []}[family]
    )


@pytest.mark.parametrize("family", ["roberta", "gpt2"])
def test_bytes_are_the_characters_at_the_tokenizers_offsets(family):
    tokenizer, found = tokens_of(family, OTHERS)
    tokens = readable(found["input_ids"], tokenizer)
    written = -1
    for token, (start, end) in zip(tokens, found["offset_mapping"], strict=True):
        if token.special:
            continue
        fresh = OTHERS[max(start, written + 1) : end].strip(" ").replace("\n", "↵")
        assert token.text in (fresh or REST, "␣"), (token, fresh)
        written = max(written, end - 1)
    assert "".join(token.text for token in tokens if not token.special and token.text != REST).replace("␣", "") == (
        OTHERS.replace(" ", "").replace("\n", "↵")
    )


def test_a_character_that_was_cut_is_shown_as_such():
    tokenizer, found = tokens_of("gpt2", "日")
    assert len(found["input_ids"]) > 1
    assert readable(found["input_ids"][:1], tokenizer)[0].text == "\ufffd"


def test_unknown_and_written_special_tokens_are_part_of_the_text():
    tokenizer, found = tokens_of("bert", "☃")
    assert [(token.text, token.special) for token in readable(found["input_ids"], tokenizer)] == [
        ("[CLS]", True),
        ("[UNK]", False),
        ("[SEP]", True),
    ]


def test_marks_of_direction_and_control_characters_are_visible():
    tokenizer, found = tokens_of("gpt2", "a\u202eb\x1b")
    assert "\\u202e" in "".join(token.text for token in readable(found["input_ids"], tokenizer))
