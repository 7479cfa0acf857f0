"""Training a tokenizer is deterministic."""

import json
from collections import Counter

import pytest
from tokenizers import AddedToken
from transformers import RobertaTokenizer, XLNetTokenizer

from tunesmith.backbones.mini_tokenizers import train
from tunesmith.backbones.shipped import Shipped
from tunesmith.data.sources.demo_reviews import DemoReviews


@pytest.mark.parametrize("family", ["bert", "roberta", "xlnet", "gpt2"])
def test_training_is_deterministic(family):
    texts = [row["text"] for _, row in DemoReviews(size=400, noise=0.0).rows("train")]
    first, *others = (
        train(family, iter(texts), vocabulary=600, pre_split=False).backend_tokenizer.to_str() for _ in range(5)
    )
    assert all(other == first for other in others)


def test_word_pieces_cover_every_character():
    tokenizer = train("bert", ["Ab abc xyz", "zyx \u00e9t\u00e9"], vocabulary=200, pre_split=False)
    assert tokenizer.unk_token_id not in tokenizer("bca zxy et\u00e9")["input_ids"]
    assert tokenizer.decode(tokenizer("abc xyz")["input_ids"], skip_special_tokens=True) == "abc xyz"
    assert len(tokenizer("##b")["input_ids"]) == 5  # not a continuation piece, but two signs and a letter


def test_frequent_words_are_one_piece_each():
    texts = [row["text"] for _, row in DemoReviews(size=2000, noise=0.0).rows("train")]
    counts = Counter(word for text in texts for word in text.split() if len(word) > 2)
    words = [word for word, count in counts.items() if count >= 40]
    assert len(words) > 50
    for family in ("bert", "roberta", "xlnet", "gpt2"):
        tokenizer = train(family, texts, vocabulary=4000, pre_split=True)
        split = [word for word in words if len(tokenizer.tokenize(word)) > 1]
        assert not split, f"{family} splits {split}"


@pytest.mark.parametrize("shipped", [False, True])
@pytest.mark.parametrize("family", ["roberta", "xlnet"])
def test_the_mask_token_absorbs_the_preceding_space_as_the_published_one(family, shipped):
    if shipped:
        tokenizer = Shipped(family=family, max_positions=256, learning_rate=1e-4).tokenizer(tuple, pre_split=False)
    else:
        tokenizer = train(family, ["a text", "the text is long"] * 3, vocabulary=300, pre_split=False)
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    if family == "roberta":
        mask = AddedToken("<mask>", lstrip=True)  # as the published tokenizer of roberta-base has it
        merges = [tuple(pair) for pair in model["merges"]]
        reference = RobertaTokenizer(vocab=model["vocab"], merges=merges, mask_token=mask)
    else:
        reference = XLNetTokenizer(vocab=[tuple(piece) for piece in model["vocab"]])
    for text in ("the <mask> is long", "<mask> text", "the text is <mask>.", "the  <mask><mask>", "long<mask>"):
        assert tokenizer(text)["input_ids"] == reference(text)["input_ids"], text
