"""Texts, or pairs of texts, as token ids with the tokenizer's special tokens around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class EncodedTexts:
    """Token ids of some texts.

    Attributes:
        input_ids: of each text, at least one.
        token_type_ids: likewise; empty where the family has none.
        truncated: whether a text was longer than allowed.
    """

    input_ids: list[list[int]]
    token_type_ids: list[list[int]]
    truncated: list[bool]


def encode_texts(*columns: Sequence[str], tokenizer: Any, max_length: int) -> EncodedTexts:
    """Tokenise texts, or the pairs of two columns, cut to `max_length` tokens; of a pair the longer text first."""
    texts = [list(column) for column in columns]
    found = tokenizer(*texts, truncation="longest_first", max_length=max_length, return_attention_mask=False)
    # GPT-2 makes nothing of an empty text, and a model needs at least one token.
    stop = tokenizer(".", add_special_tokens=False)["input_ids"] or [tokenizer.unk_token_id]
    ids = [given or stop for given in found["input_ids"]]
    types = [
        given or [0] * len(own) for given, own in zip(found.get("token_type_ids", ()), ids, strict=False)
    ]  # empty where the tokenizer gives none
    return EncodedTexts(ids, types, [bool(encoding.overflowing) for encoding in found.encodings])


def as_text(cell: Any) -> str:
    """A cell of a row as text; nothing for a cell that is missing."""
    return "" if cell is None else str(cell)
