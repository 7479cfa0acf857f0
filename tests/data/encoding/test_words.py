"""Windows of words: each as Hugging Face encodes its words, and every word in one of them."""

import itertools

import pytest

from tests.data.small_tokenizers import FAMILIES, small_tokenizer
from tunesmith.data.encoding.words import encode_words

SENTENCES = [
    ["Ada"],
    ["Ada", "met", "Bo", "."],
    [f"word{number}" for number in range(40)],
    ["one", "unbelievablewonders" * 4, "two", "three"],
]


@pytest.mark.parametrize("stride", [0, 5, 100])
@pytest.mark.parametrize("family", FAMILIES)
def test_windows_are_those_of_hugging_face(family, stride):
    tokenizer = small_tokenizer(family, pre_split=True)
    special = tokenizer.num_special_tokens_to_add(False)
    columns, unknown = encode_words(SENTENCES, tokenizer, max_length=20, stride=stride)
    assert unknown == [0] * len(SENTENCES)
    windows = list(zip(*(columns[name] for name in ("example", "first_word", "first_tokens")), strict=True))
    spans = {number: [] for number in range(len(SENTENCES))}
    for number, (example, first, first_tokens) in enumerate(windows):
        words = SENTENCES[example][first : first + len(first_tokens)]
        theirs = tokenizer(words, is_split_into_words=True, truncation=True, max_length=20)
        assert columns["input_ids"][number] == theirs["input_ids"]
        assert columns["length"][number] == len(theirs["input_ids"]) <= 20
        if "token_type_ids" in theirs:
            assert columns["token_type_ids"][number] == theirs["token_type_ids"]
        assert first_tokens == [theirs.word_to_tokens(word).start for word in range(len(words))]
        spans[example].append((first, first + len(words)))
    assert ("token_type_ids" in columns) == ("token_type_ids" in tokenizer.model_input_names)
    sizes = [
        [len(tokenizer([word], is_split_into_words=True)["input_ids"]) - special for word in words]
        for words in SENTENCES
    ]
    for example, found in spans.items():
        assert found[0][0] == 0 and found[-1][1] == len(SENTENCES[example])
        for (_, last), (again, _) in itertools.pairwise(found):
            overlap = sum(sizes[example][again:last])
            allowed = min(stride, (20 - special) // 2)
            assert again <= last and overlap <= allowed
            # As much as is allowed, in whole words, unless a long word needs the room.
            assert sizes[example][last] > 20 - special - allowed or overlap + sizes[example][again - 1] > allowed


def test_words_without_a_token_are_counted_and_read_as_unknown():
    tokenizer, lost = small_tokenizer("bert", pre_split=True), "\u200b"
    assert not tokenizer.tokenize(lost)
    sentences = [["Ada", lost, "Bo"], [lost, lost], ["met"]]
    columns, unknown = encode_words(sentences, tokenizer, max_length=20, stride=2)
    assert unknown == [1, 2, 0]
    for words, places, ids in zip(sentences, columns["first_tokens"], columns["input_ids"], strict=True):
        assert len(places) == len(words)
        assert [ids[place] == tokenizer.unk_token_id for place in places] == [word == lost for word in words]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_word_longer_than_a_window_is_truncated(family):
    tokenizer = small_tokenizer(family, pre_split=True)
    word = ["one" * 40]
    whole = tokenizer(word, is_split_into_words=True, truncation=True, max_length=20)
    if len(tokenizer(word, is_split_into_words=True)["input_ids"]) > 20:
        columns, _ = encode_words([word], tokenizer, max_length=20, stride=4)
        assert columns["input_ids"] == [whole["input_ids"]] and columns["length"] == [20]


def test_a_sentence_that_just_fits_is_one_window():
    tokenizer = small_tokenizer("bert", pre_split=True)
    words = ["one"] * 18
    assert len(tokenizer(words, is_split_into_words=True)["input_ids"]) == 20
    assert encode_words([words], tokenizer, max_length=20, stride=4)[0]["length"] == [20]
    columns, _ = encode_words([[*words, "two"]], tokenizer, max_length=20, stride=4)
    assert columns["first_word"] == [0, 14] and columns["length"] == [20, 7]
