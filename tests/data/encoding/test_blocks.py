"""Blocks contain every token of the documents once, in order."""

import numpy as np
import pytest

from tests.heads.test_language_model import lm_task, mini
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.data.encoding.blocks import document_numbers, special_tokens
from tunesmith.data.tokenized import prepare
from tunesmith.errors import UserError

FAMILIES = ["bert", "roberta", "xlnet", "gpt2"]
DOCUMENTS = [f"chapter {number} of the unbelievable tale, wherein ye'll find wonders" for number in range(2500)]
DOCUMENTS[7] = ""


class Source:
    splits = ("train",)

    def fingerprint(self, split):
        return "documents"

    def rows(self, split):
        return enumerate({"text": text} for text in DOCUMENTS)


@pytest.fixture(scope="module", params=FAMILIES)
def tokenizer(request):
    return mini(request.param).tokenizer(lambda: DOCUMENTS[:300], pre_split=False)


def packed(tokenizer, **settings):
    task = lm_task(packing="blocks", **settings)
    folder = prepare(Source(), "train", task=task, tokenizer=tokenizer, tokenizer_key=str(id(tokenizer)))
    return EncodedSplit.open(folder, task=task, tokenizer=tokenizer)


def test_no_token_is_lost_or_duplicated(tokenizer):
    split = packed(tokenizer, max_length=31)
    special = special_tokens(tokenizer)
    expected = []
    for text in filter(None, DOCUMENTS):
        expected += [*tokenizer(text, add_special_tokens=False)["input_ids"], special.between]
    blocks = split.lists("input_ids")
    inside = [ids[len(special.before) : len(ids) - len(special.after)] for ids in blocks]
    assert np.concatenate(inside).tolist() == expected
    assert {len(ids) for ids in blocks[:-1]} == {31} and len(blocks[-1]) <= 31
    assert all(
        tokenizer("a")["input_ids"][: len(special.before)] == ids[: len(special.before)].tolist() for ids in blocks
    )


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


def test_document_numbers_separate_the_documents_of_a_block(tokenizer):
    split = packed(tokenizer, max_length=150)
    special = special_tokens(tokenizer)
    ids = split.lists("input_ids")[3]
    numbers = document_numbers([ids], tokenizer)[0]
    inside = slice(len(special.before), len(ids) - len(special.after))
    texts = [
        tokenizer.decode(ids[inside][numbers[inside] == n], skip_special_tokens=True) for n in range(numbers[-1] + 1)
    ]
    assert len(texts) >= 3 and all(text.strip().startswith("chapter") for text in texts[1:])


def test_a_long_text_is_split_without_loss(tokenizer):
    text = " ".join(DOCUMENTS[:20])
    split = EncodedSplit.of([{"text": "short"}, {"text": text}, {"text": ""}], task=lm_task(), tokenizer=tokenizer)
    special = special_tokens(tokenizer)
    examples = split.numbers("example")
    assert examples[0] == 0 and set(examples) == {0, 1, 2} and split.lengths.max() == 24 and split.lengths.min() >= 1
    inside = [ids[len(special.before) : len(ids) - len(special.after)] for ids in split.lists("input_ids")]
    found = np.concatenate([ids for ids, example in zip(inside, examples, strict=True) if example == 1])
    assert found.tolist() == tokenizer(text, add_special_tokens=False)["input_ids"]


def test_a_block_too_small_for_special_tokens(tokenizer):
    with pytest.raises(UserError, match=r"dataset.max_length is 1, of which \d are special tokens"):
        packed(tokenizer, max_length=1)
