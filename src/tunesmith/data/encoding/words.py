"""Words as windows of token ids, and the index of each word's first token."""

from collections.abc import Sequence
from typing import Any

from tunesmith.data.encoding.windows import cut


def encode_words(
    sentences: Sequence[list[str]], tokenizer: Any, *, max_length: int, stride: int
) -> tuple[dict[str, list[Any]], list[int]]:
    """Windows of whole words, each with the tokenizer's special tokens.

    Args:
        sentences: lists of words.
        tokenizer: a fast tokenizer, which adds a space before each word if its vocabulary requires it.
        max_length: tokens per window, special tokens included; a longer word is truncated.
        stride: overlap of consecutive windows, in tokens.

    Returns:
        Columns of the windows: `example`, `first_word`, `input_ids`, `token_type_ids` (if the model has them),
        `first_tokens` (index of each word's first token) and `length`; and for each sentence the number of words for
        which the tokenizer has no token (such as a zero-width space), which are replaced by its unknown token.
    """
    found = _tokenise(sentences, tokenizer)
    sizes = [_tokens_of_words(encoding, len(words)) for encoding, words in zip(found.encodings, sentences, strict=True)]
    unknown = [tokens.count(0) for tokens in sizes]
    placeholder = _one_token(tokenizer) if sum(unknown) else ""
    known = [
        [word if size else placeholder for word, size in zip(words, tokens, strict=True)]
        for words, tokens in zip(sentences, sizes, strict=True)
    ]
    capacity = max_length - tokenizer.num_special_tokens_to_add(False)
    spans = [
        cut([max(size, 1) for size in tokens], capacity=capacity, shared=min(stride, capacity // 2)) for tokens in sizes
    ]
    flat = [(number, first, last) for number, windows in enumerate(spans) for first, last in windows]
    if sum(unknown) or len(flat) > len(sentences) or any(len(ids) > max_length for ids in found["input_ids"]):
        pieces = [known[number][first:last] for number, first, last in flat]
        found = _tokenise(pieces, tokenizer, truncation=True, max_length=max_length)
    first_tokens = [_first_tokens(encoding) for encoding in found.encodings]
    for (number, first, _), ids, places in zip(flat, found["input_ids"], first_tokens, strict=True):
        for word, place in enumerate(places, start=first):
            if not sizes[number][word]:
                ids[place] = tokenizer.unk_token_id
    columns: dict[str, list[Any]] = {
        "example": [number for number, _, _ in flat],
        "first_word": [first for _, first, _ in flat],
        "input_ids": found["input_ids"],
        "first_tokens": first_tokens,
        "length": [len(ids) for ids in found["input_ids"]],
    }
    if "token_type_ids" in found:
        columns["token_type_ids"] = found["token_type_ids"]
    return columns, unknown


def _tokenise(sentences: Sequence[list[str]], tokenizer: Any, **options: Any) -> Any:
    return tokenizer(list(sentences), is_split_into_words=True, return_attention_mask=False, **options)


def _one_token(tokenizer: Any) -> str:
    """A word that is as few tokens as possible, most often one."""
    candidates = [".", "a", "the", ","]
    return min(
        candidates, key=lambda word: len(_tokenise([[word]], tokenizer, add_special_tokens=False)["input_ids"][0])
    )


def _tokens_of_words(encoding: Any, words: int) -> list[int]:
    sizes = [0] * words
    for word in encoding.word_ids:
        if word is not None:
            sizes[word] += 1
    return sizes


def _first_tokens(encoding: Any) -> list[int]:
    first: dict[int, int] = {}
    for index, word in enumerate(encoding.word_ids):
        if word is not None:
            first.setdefault(word, index)
    return list(first.values())
