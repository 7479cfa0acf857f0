"""Training a tokenizer is deterministic."""

from collections import Counter

import pytest

from tunesmith.backbones.mini_tokenizers import train
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
