"""Documents as windows of a language model: packed one after another into blocks of one length, or each separately.

No token is lost: tokens that do not fit into a block start the next one, and a split's last block has the remainder.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunesmith.data.encoding.encoded import Encoded
from tunesmith.errors import UserError


@dataclass(frozen=True)
class SpecialTokens:
    """The special tokens of a tokenizer.

    Attributes:
        before: ids before a text.
        after: ids after it.
        between: id of the separator that ends each document within a block.
        types: token type ids before, within and after a text; None if all are zero.
    """

    before: list[int]
    after: list[int]
    between: int
    types: tuple[list[int], int, list[int]] | None


@functools.lru_cache(maxsize=4)
def special_tokens(tokenizer: Any) -> SpecialTokens:
    """The special tokens that a tokenizer adds to a text, found by tokenising one."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    found = tokenizer("a")
    ids = found["input_ids"]
    start = next(index for index in range(len(ids)) if ids[index : index + len(bare)] == bare)
    end = start + len(bare)
    types = found.get("token_type_ids", [0] * len(ids))
    between = tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
    if between is None:
        raise UserError(
            f"the tokenizer {tokenizer.name_or_path} has neither a separator nor an end-of-text token; set dataset.packing=none"
        )
    return SpecialTokens(
        ids[:start], ids[end:], between, (types[:start], types[start], types[end:]) if any(types) else None
    )


def pack(chunks: Iterable[Sequence[str]], tokenizer: Any, *, max_length: int) -> Iterator[Encoded]:
    """Blocks of `max_length` tokens from chunks of documents, each document followed by the separator."""
    special = special_tokens(tokenizer)
    capacity = _capacity(special, max_length)
    stream = np.empty((2, 0), dtype=np.int64)  # ids, and whether a word starts there
    for texts in chunks:
        documents = [
            np.append(tokens, [[special.between], [1]], axis=1)
            for tokens in _tokens(texts, tokenizer)
            if tokens.shape[1]
        ]
        stream = np.concatenate([stream, *documents], axis=1)
        full = stream.shape[1] // capacity
        if full:
            yield _encoded([stream[:, index * capacity : (index + 1) * capacity] for index in range(full)], special)
            stream = stream[:, full * capacity :]
    if stream.shape[1]:
        yield _encoded([stream], special)


def cut(texts: Sequence[str], names: Sequence[str | None], tokenizer: Any, *, max_length: int) -> Encoded:
    """Each text separately, in as many windows of at most `max_length` tokens as it needs, at least one."""
    special = special_tokens(tokenizer)
    capacity = _capacity(special, max_length)
    windows, examples = [], []
    for number, tokens in enumerate(_tokens(texts, tokenizer)):
        if not tokens.shape[1] and not special.before and not special.after:  # a model needs at least one token
            tokens = np.array([[special.between], [1]])
        for start in range(0, max(tokens.shape[1], 1), capacity):
            windows.append(tokens[:, start : start + capacity])
            examples.append(number)
    encoded = _encoded(windows, special)
    encoded.windows["example"] = examples
    return Encoded({"id": list(names), "text": list(texts)}, encoded.windows)


def document_numbers(ids: Sequence[np.ndarray], tokenizer: Any) -> list[np.ndarray]:
    """For each window the index of each token's document, from 0; a separator belongs to the document that it ends."""
    special = special_tokens(tokenizer)
    numbers = []
    for window in ids:
        ends = window == special.between
        # The block's own special tokens, and a separator just before them, start no further document.
        ends[max(len(window) - len(special.after) - 1, 0) :] = False
        numbers.append(np.cumsum(ends) - ends)
    return numbers


def with_types(arrays: dict[str, list[Any]], tokenizer: Any) -> dict[str, list[Any]]:
    """Add token type ids if a tokenizer uses more than one in a single text (XLNet's CLS has its own)."""
    special = special_tokens(tokenizer)
    if special.types is None:
        return arrays
    before, inside, after = special.types
    lengths = [len(ids) - len(before) - len(after) for ids in arrays["input_ids"]]
    return arrays | {"token_type_ids": [np.array([*before, *[inside] * length, *after]) for length in lengths]}


def _tokens(texts: Sequence[str], tokenizer: Any) -> Iterator[np.ndarray]:
    """(2, tokens) for each text: ids, and whether a word starts there."""
    found = tokenizer(list(texts), add_special_tokens=False, return_attention_mask=False, verbose=False)
    for encoding in found.encodings:
        words = np.array(encoding.word_ids, dtype=np.float64)  # tokens outside words have None, here NaN, which differs
        yield np.stack([np.array(encoding.ids, dtype=np.int64), np.diff(words, prepend=-1) != 0])


def _encoded(windows: Sequence[np.ndarray], special: SpecialTokens) -> Encoded:
    ids = [np.concatenate([special.before, tokens[0], special.after]).astype(np.int64) for tokens in windows]
    ends = [0] * len(special.before), [0] * len(special.after)
    starts = []
    for tokens in windows:
        words = tokens[1].copy()
        words[:1] = 1  # the rest of a word that was cut counts as a word
        starts.append(np.concatenate([ends[0], words, ends[1]]).astype(np.uint8))
    columns: dict[str, list[Any]] = {"input_ids": ids, "word_starts": starts, "length": [len(window) for window in ids]}
    return Encoded({"id": [None] * len(ids)}, columns | {"example": list(range(len(ids)))})


def _capacity(special: SpecialTokens, max_length: int) -> int:
    count = len(special.before) + len(special.after)
    if max_length < count + 2:
        raise UserError(
            f"dataset.max_length is {max_length}, of which {count} are special tokens; expected {count + 2} or more"
        )
    return max_length - count
