"""Special tokens in a text are text for the tokenizers of all families, also after they are saved, and are counted.

What is a tokenizer's special token is read from a tokenizer that takes it for one: `transformers` itself.
"""

import functools
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from tunesmith.backbones import mini_tokenizers
from tunesmith.backbones.pretrained import content_key
from tunesmith.data.encoding.special_tokens import Written, read_as_text
from tunesmith.data.encoding.words import encode_words

TEXTS = ["the food was great [ ] < > / |", "a dull film : sep mask cls pad s", "end of text , eos ."] * 3
MARKS = ["[SEP]", "[CLS]", "[MASK]", "[PAD]", "<s>", "</s>", "<sep>", "<cls>", "<pad>", "<mask>", "<|endoftext|>"]
FAMILIES = ["bert", "roberta", "xlnet", "gpt2"]


@functools.cache
def tokenizers(family):
    """One as version 0.1 used it, and one that reads special tokens as text."""
    both = [mini_tokenizers.train(family, TEXTS, vocabulary=300, pre_split=True) for _ in range(2)]
    read_as_text(both[1])
    return both


@pytest.mark.parametrize("family", FAMILIES)
def test_special_tokens_in_a_text_are_text(family):
    plain, text = tokenizers(family)
    own = set(plain.all_special_ids) - {plain.unk_token_id}

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(st.lists(st.sampled_from([*MARKS, "food", "a", " ", "great"]), min_size=1, max_size=5), st.booleans())
    def check(parts, split):
        words = parts if split else "".join(parts)
        ids = text(words, is_split_into_words=split, add_special_tokens=False)["input_ids"]
        assert not own & set(ids)
        (added,) = [
            found["input_ids"] for found in [text(words, is_split_into_words=split)] if set(found["input_ids"]) & own
        ] or [ids]
        assert len(added) == len(ids) + text.num_special_tokens_to_add(False)
        if not any(mark in "".join(parts) for mark in MARKS):
            assert ids == plain(words, is_split_into_words=split, add_special_tokens=False)["input_ids"]

    check()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_saved_tokenizer_does_the_same(family, tmp_path):
    plain, text = tokenizers(family)
    key = content_key(text)
    assert key != content_key(plain)
    text.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    line = "great " + "a".join(MARKS)
    assert loaded(line)["input_ids"] == text(line)["input_ids"]
    assert content_key(loaded) == key
    read_as_text(loaded)  # once more, as in a run that starts from a run
    assert content_key(loaded) == key


@pytest.mark.parametrize("family", FAMILIES)
def test_markers_that_a_user_added_stay_tokens(family):
    tokenizer = mini_tokenizers.train(family, TEXTS, vocabulary=300, pre_split=False)
    tokenizer.add_special_tokens({"extra_special_tokens": ["[E1]"]})
    read_as_text(tokenizer)
    number = tokenizer.convert_tokens_to_ids("[E1]")
    assert tokenizer("a [E1] great")["input_ids"].count(number) == 1
    task = SimpleNamespace(text_columns=["text"])
    assert list(Written(tokenizer, task).counted([{"text": "a [E1]"}])) == [{"text": "a [E1]"}]


def test_rows_with_special_tokens_are_counted():
    plain, text = tokenizers("bert")
    rows = [{"text": "a [SEP] b", "pair": None}, {"text": "a", "pair": ["x", "<[CLS]>"]}, {"text": "[sep] <s>", "n": 1}]
    for tokenizer, how in ((plain, "as that token"), (text, "as text")):
        written = Written(tokenizer, SimpleNamespace(text_columns=["text", "pair"]))
        assert list(written.counted(rows)) == rows
        assert written.rows == 2
        assert "such as [SEP] in the text" in written.note and how in written.note.replace("read as that", "as that")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_word_without_a_token_is_the_unknown_token(family):
    for tokenizer in tokenizers(family):
        words = ["great", "\u200b", "food"] if family == "bert" else ["great", "", "food"]
        windows, unknown = encode_words([words, ["a"]], tokenizer, max_length=16, stride=2)
        assert unknown == [1, 0]
        place = windows["first_tokens"][0][1]
        assert windows["input_ids"][0][place] == tokenizer.unk_token_id
