"""Blocks contain every token of the documents once, in order."""

import copy

import numpy as np
import pytest

from tests.data.small_tokenizers import small_tokenizer
from tests.heads.test_language_model import lm_task, mini
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.data.encoding import blocks
from tunesmith.data.encoding.blocks import cut, document_numbers, pack, special_tokens, with_types
from tunesmith.errors import UserError

FAMILIES = ["bert", "roberta", "xlnet", "gpt2"]
DOCUMENTS = [f"chapter {number} of the unbelievable tale, wherein ye'll find wonders" for number in range(300)]


@pytest.fixture(scope="module", params=FAMILIES)
def tokenizer(request):
    return mini(request.param).tokenizer(lambda: DOCUMENTS, pre_split=False)


def test_word_starts_match_the_text(tokenizer):
    text = "unbelievable tale, wherein ye'll"
    split = EncodedSplit.of([{"text": text}], task=lm_task(max_length=64), tokenizer=tokenizer)
    ids, starts = split.lists("input_ids")[0], split.lists("word_starts")[0]
    words, current = [], []
    for token, start in zip(ids.tolist(), starts.tolist(), strict=True):
        if token in tokenizer.all_special_ids:
            continue
        if start and current:
            words.append(tokenizer.decode(current))
            current = []
        current.append(token)
    words.append(tokenizer.decode(current))
    joined = [word.strip() for word in words]
    # Metaspace splits at spaces alone; the others split punctuation off too.
    expected = ["unbelievable", "tale,", "wherein", "ye'll"]
    if "Metaspace" not in tokenizer.backend_tokenizer.to_str()[:4000]:
        expected = ["unbelievable", "tale", ",", "wherein", "ye"]
    assert joined[: len(expected)] == expected


def tokens_of(tokenizer, text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]


TEXTS = ["unbelievable wonders one", "", "Ada met Bo", "who ?", "the old mill , where nobody else was there " * 3]


@pytest.mark.parametrize("family", FAMILIES)
def test_special_tokens_are_those_around_a_text(family):
    tokenizer = small_tokenizer(family)
    special, whole = special_tokens(tokenizer), tokenizer("Ada met Bo")
    assert [*special.before, *tokens_of(tokenizer, "Ada met Bo"), *special.after] == whole["input_ids"]
    assert special.between == (tokenizer.eos_token_id if family == "gpt2" else tokenizer.sep_token_id)
    types = whole.get("token_type_ids", [0])
    assert (special.types is None) == (set(types) == {0})
    ids = [np.array(whole["input_ids"])]
    typed = with_types({"input_ids": ids}, tokenizer)
    if special.types is None:
        assert set(typed) == {"input_ids"}
    else:
        assert typed["token_type_ids"][0].tolist() == types and typed["input_ids"] is ids


@pytest.mark.parametrize("family", FAMILIES)
def test_blocks_do_not_depend_on_how_documents_are_read(family):
    tokenizer = small_tokenizer(family)
    special = special_tokens(tokenizer)
    stream = [token for text in TEXTS if text for token in [*tokens_of(tokenizer, text), special.between]]
    for chunks in ([TEXTS], [[text] for text in TEXTS], [TEXTS[:2], TEXTS[2:]]):
        encoded = list(pack(chunks, tokenizer, max_length=11))
        ids = [window for part in encoded for window in part.windows["input_ids"]]
        inside = [window[len(special.before) : len(window) - len(special.after)].tolist() for window in ids]
        size = 11 - len(special.before) - len(special.after)
        assert inside == [stream[start : start + size] for start in range(0, len(stream), size)]
        for part in encoded:
            count = len(part.windows["input_ids"])
            assert part.windows["example"] == list(range(count)) and part.examples == {"id": [None] * count}
            assert part.windows["length"] == [len(window) for window in part.windows["input_ids"]]
    assert list(pack([["", ""]], tokenizer, max_length=11)) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_words_start_where_the_tokenizer_says_and_at_a_blocks_first_token(family):
    tokenizer = small_tokenizer(family)
    special = special_tokens(tokenizer)
    text = "unbelievablewonders one"
    whole = tokenizer(text, add_special_tokens=False)
    words = whole.word_ids()
    starts = [int(index == 0 or word != words[index - 1]) for index, word in enumerate(words)]
    assert sum(starts) == 2 < len(starts)
    encoded = cut([text], ["name"], tokenizer, max_length=len(special.before) + len(special.after) + 3)
    for number, (ids, found) in enumerate(
        zip(encoded.windows["input_ids"], encoded.windows["word_starts"], strict=True)
    ):
        part = starts[3 * number : 3 * number + 3]
        part[0] = 1  # the rest of a word that was cut
        assert found.tolist() == [0] * len(special.before) + part + [0] * len(special.after)
        assert found.dtype == np.uint8 and ids.dtype == np.int64
    (block,) = pack([[text]], tokenizer, max_length=40)
    assert block.windows["word_starts"][0].tolist() == [0] * len(special.before) + [*starts, 1] + [0] * len(
        special.after
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_each_text_by_itself(family):
    tokenizer = small_tokenizer(family)
    special = special_tokens(tokenizer)
    encoded = cut(TEXTS, ["a", None, "c", "d", "e"], tokenizer, max_length=12)
    assert encoded.examples == {"id": ["a", None, "c", "d", "e"], "text": TEXTS}
    size = 12 - len(special.before) - len(special.after)
    expected, examples = [], []
    for number, text in enumerate(TEXTS):
        ids = tokens_of(tokenizer, text)
        if not ids and family == "gpt2":  # which has no other token for an empty text
            ids = [tokenizer.eos_token_id]
        for start in range(0, max(len(ids), 1), size):
            expected.append([*special.before, *ids[start : start + size], *special.after])
            examples.append(number)
    assert [ids.tolist() for ids in encoded.windows["input_ids"]] == expected
    assert encoded.windows["example"] == examples
    assert encoded.windows["length"] == list(map(len, expected))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_separator_belongs_to_the_document_that_it_ends(family):
    tokenizer = small_tokenizer(family)
    special = special_tokens(tokenizer)
    for ends in ([], [2], [0, 1, 5], [6], [3, 6]):
        inside = [
            special.between if index in ends else tokenizer("a")["input_ids"][len(special.before)] for index in range(7)
        ]
        window = np.array([*special.before, *inside, *special.after])
        (numbers,) = document_numbers([window], tokenizer)
        # A token's document is the number of separators before it; the block's own special tokens start none.
        expected = [sum(end < index for end in ends) for index in range(7)]
        before, last = len(special.before), expected[-1]
        assert numbers[before : before + 7].tolist() == expected
        assert numbers[:before].tolist() == [0] * before and set(numbers[before + 7 :]) <= {last}
    assert [found.tolist() for found in document_numbers([np.array([special.between])], tokenizer)] == [[0]]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_block_holds_two_tokens_of_the_text_at_least(family):
    tokenizer = small_tokenizer(family)
    count = len(tokenizer("")["input_ids"])
    with pytest.raises(
        UserError, match=rf"is {count + 1}, of which {count} are special tokens; expected {count + 2} or more"
    ):
        list(pack([TEXTS], tokenizer, max_length=count + 1))
    assert list(pack([TEXTS], tokenizer, max_length=count + 2))


def test_blocks_need_a_token_between_documents():
    tokenizer = copy.deepcopy(small_tokenizer("gpt2"))
    tokenizer.eos_token = None
    with pytest.raises(UserError, match=r"has neither a separator nor an end-of-text token; set dataset\.packing=none"):
        special_tokens(tokenizer)


def test_token_types_around_a_text(monkeypatch):
    """Of a tokenizer with special tokens of types of their own on both sides."""
    special = blocks.SpecialTokens([5], [6, 7], 6, ([2], 0, [3, 4]))
    monkeypatch.setattr(blocks, "special_tokens", lambda tokenizer: special)
    typed = with_types({"input_ids": [np.array([5, 1, 1, 6, 7]), np.array([5, 6, 7])]}, None)
    assert [types.tolist() for types in typed["token_type_ids"]] == [[2, 0, 0, 3, 4], [2, 3, 4]]
